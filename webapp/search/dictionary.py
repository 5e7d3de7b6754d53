"""The dictionary that cuts Chinese into words: 30 MB, wherever this is loaded."""

import rjieba

from webapp.kit.helper_process import answer_questions


def cut(text: str) -> list[str]:
    """Return the words of a text."""
    return rjieba.cut(text, hmm=False)


if __name__ == "__main__":
    answer_questions(cut)

"""Formulas as texts hold them, each with a few signs that show when it is set."""

FORMULAS = {
    r"E = mc^2": "E=mc2",
    r"\frac{-b \pm \sqrt{b^2-4ac}}{2a}": "−±",
    r"\sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6}": "∑∞π",
    r"\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}": "∫∞π",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}": "(abcd)",
    r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}": "[1001]",
    r"\begin{vmatrix} a & b \\ c & d \end{vmatrix} = ad - bc": "|abcd",
    r"f(x) = \begin{cases} x^2 & x \ge 0 \\ -x & \text{otherwise} \end{cases}": "{x≥otherwise",
    r"\begin{aligned} a &= b + c \\ &= d \end{aligned}": "a=b+c=d",
    r"\begin{align} u &= v \tag{3} \\ w &= z \end{align}": "u=v(3)w=z",
    r"\lim_{x \to 0} \frac{\sin x}{x} = 1": "lim→sin",
    r"\binom{n}{k} = \frac{n!}{k!(n-k)!}": "nk!",
    r"\sqrt[3]{x+1}": "3x+1",
    r"\hat{x} + \bar{y} + \vec{v} + \tilde{z} + \dot{a} + \ddot{b}": "xyvzab",
    r"\text{利润} = \text{收入} - \text{成本}": "利润=收入−成本",
    r"\alpha + \beta = \Gamma \Omega \varphi": "αβΓΩφ",
    r"\{x \in \mathbb{R} \mid x > 0\}": "{x∈ℝ∣>0}",
    r"\mathrm{H_2O} + \mathrm{CO_2}": "H2OCO2",
    r"\operatorname{argmax}_{\theta} L(\theta)": "argmaxθL",
    r"\underbrace{a+b+c}_{n} + \overbrace{x+y}^{\text{两项}}": "a+b+cnx+y两项",
    r"\mathcal{L} = \mathbf{x}^\top \mathfrak{g}": "ℒ𝐱⊤𝔤",
    r"\left( \frac{a}{b} \right)^2 + \left| y \right|": "(ab)|y|",
    r"\prod_{i=1}^n x_i + \bigcup_{i} A_i": "∏⋃A",
    r"\iint_D f\,dA + \oint_C F": "∬∮",
    r"a \leq b \neq c \approx d \equiv e \sim f": "≤≠≈≡∼",
    r"\overline{AB} + \underline{x} + \widehat{ABC}": "ABxABC",
    r"x \rightarrow y \Rightarrow z \iff w \xrightarrow{f} u": "→⇒⟺f",
    r"\forall x \exists y \neg p \land q \lor r": "∀∃¬∧∨",
    r"A \cup B \cap C \subseteq D \setminus \emptyset": "∪∩⊆∖∅",
    r"x_{i,j}^{2} + x' + f'' + {}_a^b X": "x′f″X",
    r"\nabla \cdot \mathbf{E} = \frac{\rho}{\varepsilon_0}": "∇⋅𝐄ρε",
    r"\sum_{\substack{i<n \\ j<m}} a_{ij}": "∑i<nj<m",
    r"\left[\begin{array}{cc|c} 1 & 2 & 3 \\ 4 & 5 & 6 \end{array}\right]": "[123456]",
    r"\boxed{x = 1}": "x=1",
    r"a &= b \\ c &= d": "a=bc=d",
    r"利润 = 收入 - 成本 \tag{1}": "利润=收入−成本(1)",
    r"a \equiv b \pmod{n}, \quad x_1, \dots, x_n": "≡mod…",
}


def formulas_text(title: str = "Formulas") -> str:
    """Return a Markdown text with each formula on lines of its own, and the first few in sentences, too."""
    blocks = [f"$$\n{tex}\n$$" for tex in FORMULAS]
    inline = [f"Here ${tex}$ stands in a sentence." for tex in FORMULAS if "&=" not in tex and "利润 =" not in tex]
    return "\n\n".join([f"# {title}", "What follows is mathematics.", *blocks, *inline]) + "\n"

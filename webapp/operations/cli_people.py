"""The command about what people may do in the house: user role."""

import click
from sqlalchemy.orm import Session

from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.models import Role
from webapp.accounts.registration import get_reader
from webapp.accounts.roles import RoleChange, set_role
from webapp.kit import clock
from webapp.operations.opened_installation import instance_option, open_database, settings_of


@click.command("role", epilog="Example: paidspan user role wang@example.com publisher")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@instance_option
def change_user_role(email: str, role: str, instance: str | None) -> None:
    """Give an account a role, or take it back with “reader”: at once, on all its devices.

    Tokens that work for the house end with it. The last account that runs the house keeps its role.
    """

    def rule(session: Session) -> RoleChange:
        done = set_role(session, get_reader(session, email), Role(role))
        if done.before is not done.after:
            told = Activity("changed role", "person", done.reader_id, {"role": done.before}, {"role": done.after})
            log_activity(session, None, told, clock.now())
        return done

    with open_database(settings_of(instance)) as database:
        done = database.write(rule)
    click.echo(f"{done.email}\t{done.before}\t{done.after}")

"""Accounts that some sites ask for: taken from the environment or a person, sent to that site alone, kept nowhere."""

import os
from dataclasses import dataclass, field

from manyfaces.core.errors import AssetError


@dataclass(frozen=True)
class Site:
    """A site that gives its files only to people who have registered there.

    Attributes:
        name: short, lower case; part of the names of the environment variables.
        page: where a person registers and accepts the licence.
    """

    name: str
    page: str

    @property
    def user_variable(self) -> str:
        """Environment variable of the user name."""
        return f"MANYFACES_{self.name.upper()}_USER"

    @property
    def password_variable(self) -> str:
        """Environment variable of the password."""
        return f"MANYFACES_{self.name.upper()}_PASSWORD"


@dataclass(frozen=True)
class Login:
    """A user name and a password; printing it shows neither."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def form(self) -> dict[str, str]:
        """Fields of the form that the sites take."""
        return {"username": self.user, "password": self.password}


def login_from_environment(site: Site) -> Login:
    """Read the login of a site from its two environment variables.

    Raises:
        AssetError: one of them is not set.
    """
    user, password = os.environ.get(site.user_variable), os.environ.get(site.password_variable)
    if not user or not password:
        raise AssetError(
            f"{site.page} asks for a user name and a password",
            f"register there, then run the command in a terminal, which asks for them, "
            f"or set {site.user_variable} and {site.password_variable}",
        )
    return Login(user, password)

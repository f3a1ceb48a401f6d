"""How channels of service are declared in the settings; what is left empty is not used."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ServiceSettings(BaseModel):
    """Mail server, SMS gateway, folders of the post; secrets stand in files of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mail_host: str = Field(default="", description="SMTP server; empty: no electronic service")
    mail_port: int = Field(default=587, ge=1, le=65_535)
    mail_security: Literal["tls", "starttls", "none"] = "starttls"
    mail_sender: str = Field(default="", description="address that mail comes from")
    mail_user: str = ""
    mail_password_file: str = Field(default="", description="file of the password, in data_dir")
    mail_quiet_days: int = Field(
        default=1, ge=1, le=30, description="days without a bounce that make a mail delivered"
    )
    sms_url: str = Field(default="", pattern=r"^(https://|http://127\.0\.0\.1|$)")
    sms_token_file: str = Field(default="", description="file of the token, in data_dir")
    post: bool = Field(default=False, description="whether letters are laid out for the post")
    announced_days: Literal[60, 30] = Field(
        default=60, description="after that an announcement counts as service"
    )
    abroad: tuple[str, ...] = Field(
        default=(), description="how addresses in the partner's province begin, which serves for us"
    )

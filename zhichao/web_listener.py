"""The listeners of people's pages: other machines reach them over TLS or not at all."""

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from models.listener_tls import ListenerTls
from stations.push.listener import is_loopback
from zhichao.settings import ConfigError, Settings


class OverTls:
    """Refuses what did not come over TLS, to the listener or to its proxy; this machine may ask without."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through or refuse."""
        client = scope.get("client")
        plain = scope["type"] == "http" and scope["scheme"] != "https"
        if plain and not (client and is_loopback(client[0])):
            await PlainTextResponse("只能以 HTTPS 访问 over HTTPS only\n", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def tls_of(settings: Settings) -> ListenerTls | None:
    """Return what people's pages are served with, None where without TLS."""
    if not settings.tls_certificate:
        return None
    folder, key = settings.data_dir, settings.tls_key or settings.tls_certificate
    return ListenerTls(certificate=folder / settings.tls_certificate, key=folder / key)


def web_listener(
    app: ASGIApp, host: str, port: int, settings: Settings, tls: ListenerTls | None
) -> uvicorn.Server:
    """Return the server of some pages.

    Raises:
        ConfigError: it would listen without TLS where others can hear, or a file is missing.

    """
    if tls:
        if missing := [str(path) for path in (tls.certificate, tls.key) if not path.is_file()]:
            raise ConfigError(f"tls_certificate, tls_key: no such file {', '.join(missing)}")
    elif not is_loopback(host) and not settings.tls_proxy:
        raise ConfigError(
            f"{host}: other addresses than loopback need tls_certificate and tls_key, "
            "or the address of the TLS proxy before it as tls_proxy"
        )
    return uvicorn.Server(
        uvicorn.Config(
            app if is_loopback(host) else OverTls(app),
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            # Whose word on the scheme and on the asking address is taken.
            forwarded_allow_ips=settings.tls_proxy or "127.0.0.1",
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
            ssl_context_factory=tls.context if tls else None,
        )
    )


def address_of(server: uvicorn.Server) -> str:
    """Return where people find it."""
    config = server.config
    return f"{'https' if config.ssl_certfile else 'http'}://{config.host}:{config.port}/"

"""Settings of pip (indexes, certificates, proxies) as settings of uv for a shell.

eval "$(python envs/uv_settings.py)"

uv installs several times as fast and reads none of pip's settings. One that uv has already stays.
"""

import ast
import math
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    # uv reads "no index" from no variable; without a network it takes what find-links names, too.
    "no-index": "UV_OFFLINE",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
SEPARATORS = {"find-links": ","}
# The index that both take where no other is set.
PYPI = "https://pypi.org/simple"
# Where pip has no setting for certificates, its library looks here.
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def of_pip(listed: str) -> dict[str, str]:
    """Settings of uv from what `pip config list` prints: lines like global.timeout='60', in which a
    later file goes before an earlier one, and the environment before all.
    """
    lines = [line.partition("=") for line in listed.splitlines() if "=" in line]
    found: dict[str, str] = {}
    for name, _, value in sorted(lines, key=lambda line: line[0].startswith(":env:")):
        key = name.rpartition(".")[2]
        if key in SETTINGS:
            words = str(ast.literal_eval(value)).split()
            found[SETTINGS[key]] = SEPARATORS.get(key, " ").join(words)
    if extra := found.get("UV_INDEX"):
        # uv would take a file of the extra index, and end where its hash is not that of the lock;
        # of several files pip takes the one with the hash.
        found["UV_INDEX"] = f"{found.get('UV_DEFAULT_INDEX', PYPI)} {extra}"
    if timeout := found.get("UV_HTTP_TIMEOUT"):
        found["UV_HTTP_TIMEOUT"] = str(math.ceil(float(timeout)))
    return found


def of_environment(environment: dict[str, str]) -> dict[str, str]:
    """Settings of uv from variables that pip reads beside its own."""
    path = next((environment[name] for name in CERTIFICATES if environment.get(name)), "")
    return {"SSL_CERT_FILE": path} if path else {}


def exports(settings: dict[str, str], environment: dict[str, str]) -> Iterator[str]:
    """Lines for a shell, without what the environment has."""
    for name, value in settings.items():
        if name not in environment:
            yield f"export {name}={shlex.quote(value)}"


if __name__ == "__main__":
    call = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    environment = dict(os.environ)
    settings = of_environment(environment) | of_pip(listed)
    sys.stdout.write("\n".join(exports(settings, environment)) + "\n")

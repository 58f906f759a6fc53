# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names mean that a value is a secret: keys of mappings, options of a command line, variables. Pure.

A name is compared word by word (``dbPassword``, ``DB_PASSWORD``, ``db-password``), so ``compass`` does not count.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Secret at any place in a name.
_SECRET = frozenset(
    [
        "password", "passwords", "passwd", "pwd", "passphrase", "passphrases", "passcode", "passcodes",
        "secret", "secrets", "credential", "credentials", "creds",
    ]
)  # fmt: skip
# Secret only as the last word: jwt_issuer and cookie_domain describe a secret, but are not secret.
_SECRET_LAST = frozenset(
    [
        "token", "tokens", "jwt", "jwts", "bearer", "cookie", "cookies", "authorization", "psk", "otp", "totp", "pincode",
        "mnemonic", "kubeconfig", "dockerconfigjson", "passkey", "passkeys",
    ]
)  # fmt: skip
# Words that make a following "key" a secret, unlike primary_key: first those that count anywhere in a name, then those that
# count only at its end.
_KEYS = frozenset(["private", "api", "access", "signing"])
_KEYS_LAST = frozenset(
    [
        "ssh", "tls", "ssl", "rsa", "dsa", "ecdsa", "aes", "hmac", "encryption", "decryption", "encrypt", "enc", "crypto", "crypt",
        "cipher", "fernet", "symmetric", "master", "shared", "preshared", "wpa", "auth", "session", "jwt", "sign", "deploy", "webhook",
        "cert", "certificate", "ca", "client", "server", "gpg", "pgp", "pass", "wallet", "unseal", "license", "licence", "account",
        "subscription", "aws", "azure", "gcp", "google", "github", "gitlab", "openai", "stripe", "sendgrid", "mailgun", "datadog",
    ]
)  # fmt: skip
# Words that may follow such a "key": the value is still the key itself, unlike in ssh_key_path or rsa_key_size.
_CONTENT = frozenset(["data", "content", "value", "text", "pem", "base64", "b64"])
# After one of these words, "tokens" (a number, or parts of a text) and "pass" (a step of a process) are not secrets.
_NO_TOKENS = frozenset(
    [
        "max", "min", "num", "n", "number", "count", "total", "limit", "budget", "prompt", "completion", "input", "output",
        "used", "new", "stop", "special", "context", "cached", "reasoning", "generated", "remaining", "eos", "bos", "pad",
        "unk", "extra", "of", "per",
    ]
)  # fmt: skip
_NO_PASS = frozenset(
    [
        "first", "second", "third", "last", "next", "single", "double", "one", "two", "multi", "multiple", "low", "high",
        "band", "all", "num", "number", "boarding", "season", "by", "dry", "must", "should", "can", "did", "does", "will",
    ]
)  # fmt: skip
# The value itself, also after a token: token_value and JWT_BASE64.
_WRAPPED = frozenset(["value", "base64", "b64"])
# Two words that are often written as one.
_GLUED = frozenset(
    [
        "apikey", "apikeys", "privatekey", "accesskey", "signingkey", "secretkey", "sshkey", "tlskey", "sslkey", "encryptionkey", "authkey",
        "authtoken", "accesstoken", "refreshtoken", "apitoken", "connectionstring", "connstring", "connstr",
        *(
            f"{whose}pass"
            for whose in (
                "db", "pg", "my", "sql", "mysql", "mssql", "maria", "mariadb", "postgres", "oracle", "mongo", "redis", "elastic", "kafka",
                "amqp", "rabbit", "rabbitmq", "mqtt", "smtp", "imap", "mail", "email", "ftp", "sftp", "ssh", "http", "ldap", "bind", "proxy",
                "vpn", "wifi", "user", "root", "admin", "sudo", "become", "login", "auth", "app", "api", "web", "vault", "key", "store",
                "keystore", "truststore",
            )
        ),
    ]
)  # fmt: skip
# Pairs of words that are secret: spellings of words above, headers for authentication, and addresses that contain a password.
_PAIRS = frozenset(
    [
        *(("pass", second) for second in ("word", "phrase", "code")),
        *((first, "phrase") for first in ("seed", "recovery")),
        *(
            (first, second)
            for first in ("pin", "security", "unlock", "recovery", "access")
            for second in ("code", "codes")
        ),
        *((first, "pat") for first in ("github", "gitlab", "gh", "gl", "azure", "ado", "git")),
        ("access", "signature"),
        ("basic", "auth"),
        ("private", "pem"),
        *((first, "header") for first in ("authorization", "auth", "cookie")),
        *((first, second) for first in ("connection", "conn") for second in ("string", "strings", "str")),
    ]
)
_GLUED_ENDS = ("password", "passwd", "passphrase", "passcode", "passw0rd", "pw")

_WORD_BREAKS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGITS = "0123456789"


@lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """Whether the name of a key means that its value is a secret (``max_tokens`` and ``public_key`` do not)."""
    raw = [word.lower() for word in _WORD_BREAKS.split(key) if word]
    if len(raw) > 1 and raw[-1] in _WRAPPED:
        raw.pop()
    # password2 is a password too, but pass2 may be the second pass of something.
    words = [word for word in (word.rstrip(_DIGITS) for word in raw) if word]
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if _SECRET.intersection(words) or any(word.endswith(_GLUED_ENDS) for word in words):
        return True
    if last == "tokens":
        return before not in _NO_TOKENS
    if raw[-1] == "pass":
        return before not in _NO_PASS
    return last in _SECRET_LAST or last in _GLUED or (before, last) in _PAIRS or _is_key(words)


def _is_key(words: list[str]) -> bool:
    if any(first in _KEYS and second in ("key", "keys") for first, second in zip(words, words[1:])):
        return True
    if "public" in words or "pub" in words:
        return False
    pair = words[-3:-1] if words[-1] in _CONTENT else words[-2:]
    return len(pair) == 2 and pair[0] in _KEYS_LAST and pair[1] in ("key", "keys")

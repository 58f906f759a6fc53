# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names of keys mean that a value is secret."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.key_names import is_secret_key


@pytest.mark.parametrize(
    "key",
    [
        "password", "PASSWORD", "dbPassword", "db_passwd", "pwd", "pass-phrase passphrase", "clientSecret", "secrets",
        "awsCredentials", "private_key", "privateKey", "api-key", "apiKey", "API_KEY", "access.key", "signingKey",
        "token", "accessToken", "GITHUB_TOKEN", "apikey",
    ],
)  # fmt: skip
def test_keys_that_look_secret(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key", ["max_tokens", "public_key", "tokenizer", "token_count", "key", "compass", "secretary", ""]
)
def test_keys_that_do_not(key: str) -> None:
    assert not is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "pass", "PASS", "db_pass", "dbPass", "smtp_pass", "smtp-pass", "test_pass", "userpass", "PGPASSWORD", "mypassword",
        "password2", "password_2", "passcode", "passCode", "ssh_key", "sshKey", "SSH_KEY", "encryption_key", "encryptionKey",
        "tls_key", "tls_key_data", "sslKey", "hmac_key", "master_key", "auth_key", "host.key.tls_key", "ssh_keys", "jwt",
        "user_jwt", "jwt_secret", "bearer", "bearer_token", "tokens", "api_tokens", "accessTokens", "creds", "aws_creds",
        "cookie", "session_cookie", "Set-Cookie", "cookies", "connection_string", "connectionString", "CONNECTION_STRING",
        "rootpw", "bind_pw", "pw", "userPw", "api_keys", "apiKeys", "apikeys", "signing_keys", "cert_key", "gpg_key", "AccountKey",
        "subscription-key", "license_key", "otp", "pinCode", "seed_phrase", "recovery_codes", "kubeconfig", "GITHUB_PAT",
        "basic_auth", "private_pem",
        "mysqlpass", "REDISPASS", "keypass", "storepass", "SSHPASS", "passkey", "pass_key", "session_key", "client_key", "ca_key", "enc_key",
        "fernetKey", "wpa_key", "presharedKey", "SharedAccessSignature", "gh_pat", "access_code", "openai_key", "token_value", "JWT_BASE64",
        "conn_str", "Authorization", "Proxy-Authorization", "authorization_header", "authHeader", "X-Api-Key", "psk",
    ],
)  # fmt: skip
def test_more_keys_that_look_secret(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "bypass", "by_pass", "passenger", "passengers", "passive", "passed", "passing", "passthrough", "pass_through", "pass_count",
        "first_pass", "two_pass", "low_pass", "num_pass", "passport", "overpass", "keyboard", "keyword", "keys", "key_id",
        "primary_key", "primaryKey", "foreign_key", "partition_key", "sort_key", "routing_key", "cache_key", "group_key", "monkey",
        "ssh_public_key", "public_ssh_key", "tls_key_file", "ssh_key_path", "sshKeyName", "encryption", "tls", "jwt_issuer",
        "jwt_ttl", "bearer_format", "tokens_per_second", "max_tokens", "maxTokens", "min_tokens", "num_tokens", "total_tokens",
        "prompt_tokens", "input_tokens", "stop_tokens", "token_limit", "token_type", "tokenize", "cookie_consent", "cookie_domain",
        "cookie_name", "cookiecutter", "authorization_url", "authorizations", "auth", "author", "authority", "connection",
        "account_key_name", "certificate", "license", "recovery", "code", "zip_code", "status_code", "security", "basic", "pat",
        "pattern", "otp_length", "wallet", "phrase", "kubeconfig_path",
        "client_key_file", "session_keyboard", "trespass", "lowpass", "renderpass", "max_tokens_value", "value", "key_value", "base64",
        "connection_timeout", "string", "connections", "discreet", "increds", "sacred", "secretariat", "barer",
    ],
)  # fmt: skip
def test_more_keys_that_do_not(key: str) -> None:
    assert not is_secret_key(key)

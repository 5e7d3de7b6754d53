import pytest

from webapp.settings import Mode, SettingsError, load_settings

GOOD = {
    "PAIDSPAN_ENV": "production",
    "PAIDSPAN_SECRET_KEY": "Zp0vQm3Xk8sT5yBn2Lw7Rc1Jf6Hd9Ga4",
    "PAIDSPAN_TRUSTED_PROXIES": "1",
    "PAIDSPAN_STRIPE_SECRET_KEY": "sk_live_x",
    "PAIDSPAN_STRIPE_WEBHOOK_SECRET": "whsec_x",
    "PAIDSPAN_BASE_URL": "https://reports.example.com/",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    def put(values):
        for name, value in {"PAIDSPAN_INSTANCE": str(tmp_path), **values}.items():
            monkeypatch.setenv(name, value)

    return put


def test_defaults_serve_a_sandbox_on_this_machine(environment):
    environment({})
    settings = load_settings()
    assert settings.sandbox
    assert settings.mode is Mode.SANDBOX
    assert settings.base_url == "http://127.0.0.1:8000"


def test_a_complete_production_starts(environment):
    environment(GOOD)
    settings = load_settings()
    assert settings.mode is Mode.LIVE
    assert settings.https
    assert settings.base_url == "https://reports.example.com"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PAIDSPAN_SECRET_KEY", "", "PAIDSPAN_SECRET_KEY"),
        ("PAIDSPAN_SECRET_KEY", "short", "PAIDSPAN_SECRET_KEY is missing or shorter"),
        ("PAIDSPAN_SECRET_KEY", "x" * 40, "PAIDSPAN_SECRET_KEY can be guessed"),
        ("PAIDSPAN_SECRET_KEY", "password" * 5, "PAIDSPAN_SECRET_KEY can be guessed"),
        ("PAIDSPAN_SECRET_KEY", "change-me-0123456789" * 2, "PAIDSPAN_SECRET_KEY can be guessed"),
        ("PAIDSPAN_STRIPE_SECRET_KEY", "sk_test_x", "PAIDSPAN_STRIPE_SECRET_KEY is a test key"),
        ("PAIDSPAN_STRIPE_SECRET_KEY", "rk_test_x", "PAIDSPAN_STRIPE_SECRET_KEY is a test key"),
        ("PAIDSPAN_STRIPE_SECRET_KEY", "pk_live_x", "must be a key like"),
        ("PAIDSPAN_STRIPE_SECRET_KEY", "sk_live_x y", "must be a key like"),
        ("PAIDSPAN_STRIPE_SECRET_KEY", "", "sandbox"),
        ("PAIDSPAN_STRIPE_WEBHOOK_SECRET", "", "PAIDSPAN_STRIPE_WEBHOOK_SECRET"),
        ("PAIDSPAN_BASE_URL", "http://reports.example.com", "https://"),
    ],
)
def test_a_half_configured_production_is_refused_and_says_which(environment, name, value, said):
    environment(GOOD | {name: value})
    with pytest.raises(SettingsError, match=said):
        load_settings()


def test_production_must_be_told_of_proxies_and_of_none(environment):
    environment({name: value for name, value in GOOD.items() if name != "PAIDSPAN_TRUSTED_PROXIES"})
    with pytest.raises(SettingsError, match="PAIDSPAN_TRUSTED_PROXIES is not set"):
        load_settings()
    environment({"PAIDSPAN_TRUSTED_PROXIES": "0"})
    assert load_settings().trusted_proxies == 0


def test_production_does_not_start_in_a_folder_that_everybody_can_read(environment, tmp_path):
    environment(GOOD)
    tmp_path.chmod(0o755)
    with pytest.raises(SettingsError, match="PAIDSPAN_INSTANCE can be read by everybody"):
        load_settings()
    tmp_path.chmod(0o750)
    assert load_settings().instance == tmp_path


@pytest.mark.parametrize(
    "key", ["9f86d081884c7d659a2feaa0c55ad015", "Rk1vZ3N5b0JtQ2xwV3h0TnE4ZHVhYzk=", "e3b0c44298fc1c149afbf4c8996fb924"]
)
def test_a_random_secret_is_none_that_can_be_guessed(environment, key):
    environment(GOOD | {"PAIDSPAN_SECRET_KEY": key})
    assert load_settings().secret_key == key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAIDSPAN_GRACE_DAYS", "many"),
        ("PAIDSPAN_STRIPE_SECRET_KEY", "sk_live"),
        ("PAIDSPAN_TIMEZONE", "Mars/Olympus"),
        ("PAIDSPAN_LOCALE", "fr"),
        ("PAIDSPAN_SIGN_UP", "never"),
        ("PAIDSPAN_BASE_URL", "reports.example.com"),
        ("PAIDSPAN_CONTACT_EMAIL", "nobody"),
        ("PAIDSPAN_ICP_NUMBER", "12345678"),
        ("PAIDSPAN_POLICE_NUMBER", "京公网安备"),
        ("PAIDSPAN_STORAGE_URL", "bucket/prefix"),
        ("PAIDSPAN_STORAGE_URL", "s3://"),
        ("PAIDSPAN_STORAGE_URL", "s3://ab"),
        ("PAIDSPAN_STORAGE_URL", "https://bucket.s3.amazonaws.com"),
        ("PAIDSPAN_STORAGE_URL", "s3://key:secret@bucket/prefix"),
        ("PAIDSPAN_STORAGE_URL", "s3://bucket/a/../b"),
        ("PAIDSPAN_STORAGE_URL", "s3://bucket//b"),
        ("PAIDSPAN_STORAGE_URL", "s3://bucket/a?region=x"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(environment, name, value):
    environment({name: value})
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_the_instances_file_is_read_and_the_environment_is_stronger(environment, tmp_path):
    (tmp_path / "settings.toml").write_text('site_name = "研究室"\ngrace_days = 3\n', encoding="utf-8")
    environment({"PAIDSPAN_GRACE_DAYS": "5"})
    settings = load_settings()
    assert (settings.site_name, settings.grace_days) == ("研究室", 5)


def test_a_misspelt_name_in_the_file_is_refused(environment, tmp_path):
    (tmp_path / "settings.toml").write_text("grace_day = 3\n", encoding="utf-8")
    environment({})
    with pytest.raises(SettingsError, match="GRACE_DAY"):
        load_settings()


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("news@example.com", "研究室 <news@example.com>"),
        ("读者服务 <news@example.com>", "读者服务 <news@example.com>"),
    ],
)
def test_mails_come_from_somebody_with_a_name(instance, mail_from, sender):
    assert load_settings(instance=instance, site_name="研究室", mail_from=mail_from).sender == sender


@pytest.mark.parametrize("mail_from", ["", "the house", "Name <>", "a b@example.com"])
def test_an_address_that_is_none_is_refused(instance, mail_from):
    with pytest.raises(SettingsError, match="MAIL_FROM must be an address"):
        load_settings(instance=instance, mail_from=mail_from)


@pytest.mark.parametrize("address", ["s3://reports", "s3://reports.example.com/library/2026", "s3://Ceph_bucket/..a"])
def test_a_bucket_has_a_name_and_may_have_a_prefix(environment, address):
    environment({"PAIDSPAN_STORAGE_URL": f"{address}/"})
    assert load_settings().storage_url == address

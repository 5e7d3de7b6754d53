"""What the doctor says of how readers reach us: asked of servers that are there."""

import os
import signal
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from redis import Redis
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.factories.certificates import make_certificate, serving_with
from tests.factories.redis_server import redis_server
from webapp.kit.doctors_pass import PASS_HEADER, is_pass, make_pass


class Quiet(WSGIRequestHandler):
    def log(self, *_said):
        pass


@contextmanager
def served(app, port=0):
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def answering_always(status, tls=None, location=""):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"no\n")

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_said):
            pass

    class Server(HTTPServer):
        def handle_error(self, *_who):
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def behind(app, proxies, **headers):
    """Return an application behind proxies, each of which adds who asked it."""

    def proxied(environ, start_response):
        if proxies:
            environ["HTTP_X_FORWARDED_FOR"] = ", ".join(["192.0.2.1"] * proxies)
        return app(environ | headers, start_response)

    return proxied


def test_an_address_that_leads_to_us_is_good(verdict, app):
    with served(app) as url:
        assert verdict("base-url", base_url=url)[0] == "good"


def test_one_that_leads_elsewhere_or_nowhere_is_warned_of(verdict):
    with answering_always(200) as port:
        found, line = verdict("base-url", base_url=f"http://127.0.0.1:{port}")
    assert (found, "not as paidspan does" in line) == ("warning", True)
    found, line = verdict("base-url")
    assert (found, "cannot be reached from here: Connection refused. " in line) == ("warning", True), line


@pytest.mark.parametrize(("days", "found"), [(90, "good"), (10, "warning"), (-2, "broken")])
def test_a_certificate_that_ends_is_told(verdict, tmp_path, monkeypatch, days, found):
    certificate = make_certificate(tmp_path, days=days)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with answering_always(200, serving_with(certificate)) as port:
        assert verdict("certificate", base_url=f"https://localhost:{port}")[0] == found


def test_a_certificate_of_another_name_is_warned_of(verdict, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, name="other.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with answering_always(200, serving_with(certificate)) as port:
        found, line = verdict("certificate", base_url=f"https://localhost:{port}")
    assert (found, "is not trusted" in line) == ("warning", True)


@pytest.mark.parametrize(
    ("believed", "there", "found", "said"),
    [
        (0, 0, "good", "0 proxies"),
        (1, 1, "good", "1 proxies"),
        (0, 1, "broken", "set PAIDSPAN_TRUSTED_PROXIES to 1"),
        (1, 2, "broken", "set PAIDSPAN_TRUSTED_PROXIES to 2"),
        (1, 0, "broken", "can make up where from"),
        (2, 1, "broken", "can make up where from"),
    ],
)
def test_proxies_that_are_there_are_compared_with_those_believed(verdict, app, believed, there, found, said):
    with served(behind(app, there)) as url:
        said_verdict, line = verdict("proxies", base_url=url, trusted_proxies=believed)
    assert (said_verdict, said in line) == (found, True)


def test_a_proxy_that_does_not_say_https_is_warned_of(verdict, app, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    application = behind(app, 1, **{"wsgi.url_scheme": "http"})
    tls = serving_with(certificate)
    server = make_server("localhost", 0, application, request_handler=Quiet, ssl_context=tls)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        found, line = verdict("proxies", base_url=f"https://localhost:{server.server_port}", trusted_proxies=1)
    finally:
        server.shutdown()
        server.server_close()
    assert (found, "X-Forwarded-Proto" in line) == ("warning", True)


def test_a_server_with_another_key_does_not_say_what_it_saw(verdict, app):
    with served(app) as url:
        found, line = verdict("proxies", base_url=url, secret_key="another secret key, of another installation" * 2)
    assert (found, "404" in line) == ("warning", True)


def test_how_requests_arrive_is_told_to_the_doctor_alone(client, app):
    assert client.get("/healthz/front").status_code == 404
    assert client.get("/healthz/front", headers={PASS_HEADER: "made up"}).status_code == 404
    shown = {PASS_HEADER: make_pass(app.config["SECRET_KEY"]), "X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
    assert client.get("/healthz/front", headers=shown).get_json() == {"forwarded_for": 2, "scheme": "http"}


def test_a_pass_holds_for_a_minute(monkeypatch):
    shown = make_pass("a secret")
    assert is_pass("a secret", shown)
    assert not is_pass("another", shown)
    monkeypatch.setattr("webapp.kit.doctors_pass._SECONDS", -1)
    assert not is_pass("a secret", shown)


def test_a_webhook_that_comes_to_us_is_good_and_one_that_is_sent_on_is_not(verdict, app):
    key = {"stripe_secret_key": "sk_test_of_nobody"}
    with served(app) as url:
        assert verdict("webhook-address", base_url=url, **key)[0] == "good"
    with answering_always(301, location="https://elsewhere.example.com/") as port:
        found, line = verdict("webhook-address", base_url=f"http://127.0.0.1:{port}")
    assert (found, "answers 301" in line) == ("warning", True)
    assert verdict("webhook-address", base_url="http://127.0.0.1:1")[0] == "warning"


def test_redis_is_asked_and_must_throw_nothing_away(verdict, look, tmp_path):
    assert look("redis", redis_url="") == []
    with redis_server(tmp_path) as (url, process):
        assert verdict("redis", redis_url=url)[0] == "good"
        with Redis.from_url(url) as redis:
            redis.config_set("maxmemory-policy", "allkeys-lru")
        found, line = verdict("redis")
        assert (found, "allkeys-lru" in line) == ("warning", True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert verdict("redis")[0] == "broken"


def test_a_bucket_is_read_and_one_that_is_not_there_or_away_is_broken(verdict, look, bucket, monkeypatch):
    assert verdict("storage", storage_url=bucket)[0] == "good"
    found, line = verdict("storage", storage_url="s3://of-nobody-at-all")
    assert (found, "The bucket cannot be read" in line) == ("broken", True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert verdict("storage", storage_url="s3://another-of-nobody")[0] == "broken"


def test_files_of_the_instance_folder_are_no_bucket(look):
    assert look("storage", storage_url="") == []

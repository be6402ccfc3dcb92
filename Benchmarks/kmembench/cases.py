"""The requests that are measured."""

from dataclasses import dataclass
from pathlib import Path

from .client import Connection, Request
from .servers import WORK, new_session, product, record

POST_BODY = '{"call":"__get_free_pages","gfp":"GFP_KERNEL","order":0}'
FLAGS_BODY = '{"call":"alloc_pages","gfp":"GFP_HIGHUSER|__GFP_ZERO|__GFP_NOWARN","order":0}'


@dataclass(frozen=True)
class Case:
    """A kind of request; `{id}` in the path stands for ids in order."""

    name: str
    title: str
    method: str
    path: str
    body: str = ""

    def request(self, token: str, number: int) -> Request:
        """One of the requests."""
        return Request(self.method, self.path.format(id=number), token, self.body)

    @property
    def folder(self) -> Path:
        """Where the C server's answers are."""
        return WORK / "answers" / self.name


POST = Case("post", "POST /pages", "POST", "/pages", POST_BODY)
FLAGS = Case("flags", "POST /pages, three flags", "POST", "/pages", FLAGS_BODY)
EMPTY = Case("empty", "POST /pages, no body", "POST", "/pages")
DELETE = Case("delete", "DELETE /pages/{id}", "DELETE", "/pages/{id}")
ZONES = Case("zones", "GET /zones", "GET", "/zones")
ALL = [POST, FLAGS, EMPTY, DELETE, ZONES]

# Steps before the recorded ones, so that their numbers have as many digits as the measured ones.
WARM = 1_000


def record_answers():
    """Asks the real server once for each case and keeps the answers."""
    with product() as server:
        connection = Connection(server.port)
        for post in [POST, FLAGS, EMPTY]:
            token = new_session(connection)
            for number in range(WARM):
                connection.ask(POST.request(token, number))
            posted = connection.ask(post.request(token, 0))
            get = connection.ask(ZONES.request(token, 0))
            deleted = connection.ask(DELETE.request(token, WARM))
            cases = [POST, DELETE, ZONES] if post is POST else [post]
            for case in cases:
                record(case.folder, posted, deleted, get)

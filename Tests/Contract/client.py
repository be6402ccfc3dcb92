"""A client that openapi-python-client generates out of the OpenAPI file, and a session that it goes through."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GENERATOR = Path(sys.executable).with_name("openapi-python-client")
PACKAGE = "kmemlab_client"


class GeneratedClient:
    """The client's modules, and a client of a server."""

    def __init__(self, server, folder):
        self.server = f"http://127.0.0.1:{server.port}"
        self.output = generate(f"{self.server}/openapi.json", folder)
        self.anybody = self.module("client").Client(base_url=self.server)

    def module(self, name):
        return importlib.import_module(f"{PACKAGE}.{name}")

    def model(self, name, **members):
        return getattr(self.module("models"), name)(**members)

    def ask(self, operation, client, *arguments, expect, **named):
        """What an operation answers, read by the client: the status has to be the expected one."""
        answer = self.module(f"api.{operation}").sync_detailed(*arguments, client=client, **named)
        assert answer.status_code == expect, f"{operation}: {answer.status_code} {answer.content}"
        return answer


def generate(address, folder):
    """Generates the client into a folder, without a complaint, and has Python find it there."""
    command = [str(GENERATOR), "generate", "--url", address, "--meta", "none", "--config", str(HERE / "client.yaml"), "--output-path", str(folder / PACKAGE)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=300)
    output = done.stdout + done.stderr
    assert done.returncode == 0 and "WARNING" not in output and "Unable" not in output, output
    for module in (folder / PACKAGE).rglob("*.py"):
        # Version 0.29.1 writes `!= Trueand not` for a constant that may be left out; a formatter would not mend that.
        text = module.read_text()
        mended = re.sub(r"(!= \w+?)and not isinstance", r"\1 and not isinstance", text)
        if mended != text:
            module.write_text(mended)
    sys.path.insert(0, str(folder))
    return output


def goes_through_a_session(server, folder):
    """Boots, allocates, looks, frees, meets a problem, and ends the session."""
    api = GeneratedClient(server, folder)
    models = api.module("models")
    request = api.model("MachineRequest", machine=models.MachineRequestMachine.CLASSROOM)
    booted = api.ask("sessions.create_session", api.anybody, body=request, expect=201).parsed
    assert booted.machine.memory_bytes == 4 << 20 and booted.step == 0
    me = api.module("client").AuthenticatedClient(base_url=api.server, token=booted.token)

    made = api.ask("pages.allocate_pages", me, body=api.model("AllocationRequest", order=2), expect=201)
    assert made.headers["Location"] == f"/pages/{made.parsed.id}"
    assert made.parsed.page.order == 2 and made.parsed.returned.startswith("0x") and made.parsed.errno is None
    listed = api.ask("pages.list_pages", me, expect=200).parsed
    assert [(page.id, page.pfn) for page in listed.pages] == [(made.parsed.id, made.parsed.page.pfn)]

    state = api.ask("snapshots.get_snapshot", me, expect=200)
    assert state.parsed.step == 1 and len(state.parsed.pages) == 1 and state.parsed.report.live.pages == 4
    api.ask("snapshots.get_snapshot", me, if_none_match=state.headers["ETag"], expect=304)

    freed = api.ask("pages.free_pages", me, str(made.parsed.id), if_match=state.headers["ETag"], expect=200).parsed
    assert freed.step == 2 and freed.misuse == []
    problem = api.ask("pages.free_pages", me, str(made.parsed.id), expect=404).parsed
    assert problem.type_.value == "/problems/already-freed" and problem.status == 404
    wrong = api.ask("pages.allocate_pages", me, body=api.model("AllocationRequest", order=99), expect=422).parsed
    assert wrong.errors[0].pointer == "#/order"
    api.ask("pages.free_pages", me, str(made.parsed.id), if_match=state.headers["ETag"], expect=412)

    call = api.model("Call", call="kmalloc(100, GFP_KERNEL)")
    assert api.ask("pages.call_kernel", me, body=call, expect=201).parsed.object_.bytes_alloc == 128
    assert api.ask("operations.read_version", api.anybody, expect=200).parsed.kernel_release == "6.1.192"
    api.ask("sessions.delete_session", me, booted.id, expect=204)
    api.ask("sessions.get_session", me, booted.id, expect=401)

"""PageProcesses forked from a warm server behave as plain ones, and go when they should."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from jupyter_client import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from glc_analysis.addons.forked_pages.fork_server import Forked, Server, _servers
from glc_analysis.addons.forked_pages.kernels import PROVISIONER_NAME
from glc_analysis.run.execute import KERNEL_ENV

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
ENVIRONMENT = os.environ | KERNEL_ENV | {"GLC_PRELOAD": ""}


def end_servers():
    while _servers:
        _servers.pop().close()


@pytest.fixture(scope="module", autouse=True)
def _no_other_server():
    """The server of a run before has other modules, and would fork none of these kernels."""
    end_servers()
    yield
    end_servers()


@pytest.fixture
def own_server():
    """The test has a server of its own."""
    end_servers()
    yield
    end_servers()


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Starts kernels by the fork server; all are gone afterwards."""
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", PROVISIONER_NAME)
    started = []

    def starting(stderr=None, **environment):
        manager = KernelManager(kernel_name="python3")
        manager.transport, manager.connection_file = "ipc", str(tmp_path / f"k{len(started)}.json")
        manager.start_kernel(cwd=str(tmp_path), env=ENVIRONMENT | environment,
                             **({"stderr": stderr} if stderr else {}))
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        started.append((manager, client))
        return manager, partial(said, client)
    yield starting
    for manager, client in started:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def said(client, code):
    """What a cell prints, or the name of its error."""
    heard = []
    client.execute_interactive(code, timeout=60, output_hook=lambda message: heard.append(
        message["content"].get("text", "") or message["content"].get("ename", "")))
    return "".join(heard).strip()


def is_forked(manager):
    return isinstance(manager.provisioner.process, Forked)


def test_a_forked_kernel_has_the_libraries_but_nothing_of_the_package(start):
    manager, run = start()
    assert is_forked(manager)
    assert run("import sys; print('pandas' in sys.modules, 'glc_analysis' in sys.modules)") == "True False"
    assert run("print('seaborn' in sys.modules, 'matplotlib' in sys.modules)") == "False False"


def test_a_forked_kernel_gets_the_file_that_it_is_given_as_stderr(start, tmp_path):
    with (tmp_path / "said").open("w") as file:
        manager, run = start(stderr=file)
    assert is_forked(manager)
    opened = {path.resolve() for path in Path(f"/proc/{manager.provisioner.pid}/fd").iterdir()}
    assert tmp_path / "said" in opened


def test_two_kernels_draw_other_random_numbers(start):
    code = "import random, numpy; print(random.random(), numpy.random.rand())"
    one, other = (start()[1](code).split() for _ in range(2))
    assert not {*one} & {*other}


def test_a_forked_kernel_has_the_folder_and_environment_of_its_page(start, tmp_path):
    _, run = start(GLC_STUDY="កម្ពុជា")
    assert run("import os; print(os.environ['GLC_STUDY'], os.getcwd())") == f"កម្ពុជា {tmp_path}"


def test_a_forked_kernel_draws_inline(start):
    _, run = start()
    assert run("import matplotlib; print(matplotlib.get_backend())") \
        == "module://matplotlib_inline.backend_inline"


def test_a_forked_kernel_is_interrupted(start):
    manager, run = start()

    def interrupt_once(message):
        if message["content"].get("text", "").startswith("begun"):
            manager.interrupt_kernel()
        heard.append(message["content"].get("ename", ""))
    heard = []
    run.args[0].execute_interactive("import time; print('begun', flush=True); time.sleep(30)", timeout=60,
                                    output_hook=interrupt_once)
    assert "KeyboardInterrupt" in heard


def test_how_a_killed_kernel_ended_is_told(start):
    manager, _ = start()
    os.kill(manager.provisioner.pid, signal.SIGKILL)
    assert manager.provisioner.process.wait(timeout=10) == -signal.SIGKILL
    assert not manager.is_alive()


@pytest.mark.acceptance
def test_the_end_of_a_kernel_that_hardly_began_is_no_part_of_its_process_id(monkeypatch):
    """A longer number would be the id of another process, which would be killed at the end of the page."""
    server, starting = Server(ENVIRONMENT), Forked

    def ended():
        forked = server.fork({"arguments": [], "cwd": "/nowhere", "env": dict(ENVIRONMENT)}, {})
        return forked.wait(timeout=60)
    assert ended() == 1
    monkeypatch.setattr("glc_analysis.addons.forked_pages.fork_server.Forked",
                        lambda told: time.sleep(1) or starting(told))
    assert ended() == 1
    server.close()


def test_a_kernel_with_other_settings_of_python_starts_plainly(start):
    start()
    manager, run = start(PYTHONHASHSEED="7")
    assert not is_forked(manager)
    assert run("import sys; print('pandas' in sys.modules)") == "False"


@pytest.mark.acceptance
def test_a_server_that_was_killed_is_replaced(start):
    start()
    _servers[0].process.kill()
    _servers[0].process.wait()
    manager, run = start()
    assert is_forked(manager)
    assert run("print('here')") == "here"


def test_a_forked_kernel_of_a_run_has_the_modules_of_the_pages(own_server, start):
    manager, run = start(GLC_PRELOAD="glc_analysis.pages.country")
    assert is_forked(manager)
    assert run("import sys; print('glc_analysis.pages.country' in sys.modules)") == "True"


def test_server_and_kernels_go_with_their_owner(tmp_path):
    """An owner that is killed cannot close anything."""
    owner = subprocess.Popen([sys.executable, "-c", (
        "import sys, time\n"
        "from glc_analysis.addons.forked_pages.fork_server import Server\n"
        "import os\n"
        "server = Server(os.environ)\n"
        "kernel = server.fork({'arguments': ['-f', sys.argv[1]], 'cwd': '.', 'env': dict(os.environ)}, {})\n"
        "print(server.process.pid, kernel.pid, flush=True)\n"
        "time.sleep(600)"), str(tmp_path / "kernel.json")], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(pids) == 2
    owner.kill()
    owner.communicate()
    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

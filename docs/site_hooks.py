"""What makes a site of the pages (`make site`): those outside `docs/` are taken in, links that
leave the site become names, and every room of the package gets a page of its Python interface.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from pymdownx.superfences import fence_code_format

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workflow" / "epidecouple"
# Pages outside docs/ by their place in the site.
OUTSIDE = {
    "index.md": "README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "config/README.md": "config/README.md",
    "results/README.md": "results/README.md",
    "benchmarks/README.md": "benchmarks/README.md",
    "benchmarks/results.md": "benchmarks/results.md",
    "benchmarks/gpu.md": "benchmarks/gpu.md",
    "benchmarks/scaling.svg": "benchmarks/scaling.svg",
    "resources/example/README.md": "resources/example/README.md",
}
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
FORMULA = re.compile(r"\$\$(.+?)\$\$", re.S)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.M | re.S)
API = "api"
INTERFACE = """# What does the package offer to Python?

`import epidecouple` gives these names; [predict.md](../predict.md) uses them. All other modules
serve the stages of the workflow and may change with any version.
"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The rooms stand in the last section; diagrams are drawn where there is a network."""
    pages = [f"{API}/{name}.md" for name in ["index", *rooms()]]
    next(iter(config.nav[-1].values())).append({"The Python interface": pages})
    drawn = {"name": "mermaid", "class": "mermaid", "format": fence_code_format}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [drawn]}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take in what lies outside docs/, and the pages of the Python interface."""
    for place, name in OUTSIDE.items():
        files.append(File.generated(config, place, content=(ROOT / name).read_bytes()))
    for name, text in interface():
        files.append(File.generated(config, f"{API}/{name}.md", content=text))
    return files


def on_page_markdown(text: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the site has them, formulas as browsers draw them without a script."""
    place = page.file.src_uri
    if place.startswith(API):
        return text
    text = FORMULA.sub(lambda found: f"<div>{convert(found[1], display='block')}</div>", text)
    source = OUTSIDE.get(place, f"docs/{place}")
    return outside_code(text, lambda part: LINK.sub(lambda link: linked(link, source, place), part))


def outside_code(text: str, change) -> str:
    """The text with `change` applied between its pieces of code."""
    pieces, last = [], 0
    for code in CODE.finditer(text):
        pieces += [change(text[last : code.start()]), code[0]]
        last = code.end()
    return "".join([*pieces, change(text[last:])])


def linked(link: re.Match, source: str, place: str) -> str:
    """A link of the file `source` as the page at `place` has it; without a target in the site, its
    text alone.
    """
    image, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    if not target or target.startswith(("http://", "https://")):
        return link[0]
    found = (ROOT / source).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
    there = {name: at for at, name in OUTSIDE.items()}.get(found, found.removeprefix("docs/"))
    leaves = there == found and not found.startswith("docs/") and found not in OUTSIDE.values()
    # docs/README.md lists the pages, as the site's navigation does, and is none of them.
    if leaves or there == "README.md":
        return text
    up = "../" * place.count("/")
    return f"{image}[{text}]({up}{there}{anchor})"


def rooms() -> list[str]:
    """Rooms of the package."""
    return sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())


def interface() -> Iterator[tuple[str, str]]:
    """Name and text of every page of the Python interface."""
    homes = re.findall(r'"(\w+)": "([\w.]+)"', (PACKAGE / "__init__.py").read_text())
    public = [f"- [`epidecouple.{name}`][epidecouple.{home}]" for name, home in public_names(homes)]
    below = [f"- [{room}]({room}.md): {summary(room)}" for room in rooms()]
    yield "index", "\n".join([INTERFACE, *public, "", "## Rooms of the package", "", *below, ""])
    for room in rooms():
        files = sorted((PACKAGE / room).rglob("[!_]*.py"))
        names = [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in files]
        parts = [f"::: epidecouple.{name}" for name in names]
        yield room, "\n\n".join([f"# {room}", summary(room), *parts]) + "\n"


def public_names(homes: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Names that the package offers at its top, with the module or object that each one is."""
    for name, home in homes:
        yield name, home if home.endswith(f".{name}") else f"{home}.{name}"


def summary(room: str) -> str:
    """What stands at the head of a room."""
    return ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text())) or ""


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Every page is listed."""
    left = [file.src_uri for file in files.documentation_pages() if file.page is None]
    if left:
        raise SystemExit(f"mkdocs.yml does not list {', '.join(left)}")
    return nav

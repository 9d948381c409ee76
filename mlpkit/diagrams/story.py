"""A story: one picture and the changes that lead through it.

A picture is drawn once, as SVG whose changing parts have ids. A frame says what is new in it: texts that
appear and stay, elements that are in the light for this frame only, and the words that go with it. So a
long story is small to store, and showing a step means touching a few elements.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

__all__ = ["Frame", "Story", "as_image"]

_SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", _SVG)


def as_image(svg: str, alt: str) -> str:
    """HTML of a picture that is not stepped through.

    An <img> keeps its alt text in JupyterLab, where a bare SVG loses its name, and keeps the picture's style
    apart from the page's.
    """
    data = b64encode(svg.encode()).decode()
    alt = escape(alt, quote=True)
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:100%"/>'


@dataclass(frozen=True)
class Frame:
    """One step of a story.

    Attributes
    ----------
    title
        What is done, in a few words (plain text).
    html
        The formula of the step in symbols and in numbers (HTML, names as tokens of `notation`).
    says
        What the formula says, in a sentence (plain text); may be empty.
    alt
        The same in words, for screen readers (plain text).
    texts
        Contents that appear now, by element id; they stay.
    classes
        Classes added to elements now, by element id; they stay.
    now, read
        Ids of the elements that this step computes, and of those that it reads.
    topic
        What the frame is about, the same in every story that tells of it (such as "dz-2"): a stepper with
        several stories goes to the frame with the same topic when another story is chosen.
    """

    title: str
    html: str
    alt: str
    says: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    now: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    topic: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The frame as JSON-ready data, without empty parts."""
        full = {
            "title": self.title,
            "html": self.html,
            "alt": self.alt,
            "says": self.says,
            "texts": dict(self.texts),
            "classes": dict(self.classes),
            "now": list(self.now),
            "read": list(self.read),
            "topic": self.topic,
        }
        return {key: value for key, value in full.items() if value}


@dataclass(frozen=True)
class Story:
    """A picture and its frames.

    Attributes
    ----------
    svg
        The picture before the first frame.
    frames
        What happens, in order.
    alt
        What the picture shows as a whole, in words.
    """

    svg: str
    frames: tuple[Frame, ...]
    alt: str

    def __post_init__(self) -> None:
        if not self.frames:
            raise ValueError("a story must have at least one frame.")
        known = {element.get("id") for element in ET.fromstring(self.svg).iter()}
        for n, frame in enumerate(self.frames):
            touched = {*frame.texts, *frame.classes, *frame.now, *frame.read}
            if unknown := sorted(touched - known):
                raise ValueError(f"frame {n} names elements that the picture lacks: {', '.join(unknown)}.")

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return f"Story({len(self)} frames: {self.alt})"

    def picture(self, index: int = -1) -> str:
        """SVG of the picture as it stands in frame `index`, complete in itself."""
        index = range(len(self.frames))[index]
        root = ET.fromstring(self.svg)
        elements = {element.get("id"): element for element in root.iter() if element.get("id")}
        for frame in self.frames[: index + 1]:
            for key, text in frame.texts.items():
                elements[key].text = text
            for key, name in frame.classes.items():
                _add_class(elements[key], name)
        for key in self.frames[index].now:
            _add_class(elements[key], "bp-now")
        for key in self.frames[index].read:
            _add_class(elements[key], "bp-read")
        root.set("aria-label", f"{self.alt} {self.frames[index].alt}")
        return ET.tostring(root, encoding="unicode")

    def still(self, index: int = -1) -> str:
        """The picture of frame `index` for a place where nothing moves: without ids and hidden texts."""
        root = ET.fromstring(self.picture(index))
        for parent in list(root.iter()):
            for child in list(parent):
                if _is_unseen(child):
                    parent.remove(child)
        for element in root.iter():
            element.attrib.pop("id", None)
        return ET.tostring(root, encoding="unicode")

    def to_dict(self) -> dict[str, Any]:
        """The story as JSON-ready data, for the front end."""
        sentences = list(dict.fromkeys(frame.says for frame in self.frames))
        frames = [frame.to_dict() | {"says": sentences.index(frame.says)} for frame in self.frames]
        # The same sentence goes with many frames: stored once, named by number.
        return {"svg": self.svg, "alt": self.alt, "sentences": sentences, "frames": frames}


def _is_unseen(element: ET.Element) -> bool:
    """A text that is empty, or that only a light makes visible which it has not."""
    if element.tag != f"{{{_SVG}}}text":
        return False
    classes = element.get("class", "").split()
    hidden = "quiet" in classes and not {"bp-now", "bp-read"} & set(classes)
    return hidden or not "".join(element.itertext())


def _add_class(element: ET.Element, name: str) -> None:
    element.set("class", f"{element.get('class', '')} {name}".strip())

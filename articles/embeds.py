"""Players that an article may show once the reader asks for them."""

import re
from urllib.parse import parse_qs, urlsplit

YOUTUBE_HOSTS = {"youtube.com", "m.youtube.com", "youtube-nocookie.com"}
HOSTS = YOUTUBE_HOSTS | {"youtu.be", "vimeo.com", "player.vimeo.com", "tv.naver.com"}


def player(url: str) -> str | None:
    """Return the address of the player for a video's `url`, or None if we play no such thing.

    >>> player("https://youtu.be/dQw4w9WgXcQ")
    'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host == "youtu.be":
        return youtube(parts.path.strip("/"))
    if host in YOUTUBE_HOSTS:
        if parts.path == "/watch":
            return youtube(parse_qs(parts.query).get("v", [""])[0])
        if found := re.fullmatch(r"/(?:shorts|embed|live|v)/([^/]+)/?", parts.path):
            return youtube(found[1])
    is_vimeo = host in ("vimeo.com", "player.vimeo.com")
    if is_vimeo and (found := re.fullmatch(r"/(?:video/)?(\d+)/?", parts.path)):
        return f"https://player.vimeo.com/video/{found[1]}"
    if host == "tv.naver.com" and (found := re.fullmatch(r"/(?:v|embed)/(\d+)/?", parts.path)):
        return f"https://tv.naver.com/embed/{found[1]}"
    return None


def youtube(key: str) -> str | None:
    if re.fullmatch(r"[\w-]{6,20}", key, re.ASCII):
        return f"https://www.youtube-nocookie.com/embed/{key}"
    return None

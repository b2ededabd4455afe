"""Fault counts by frames, one line for each policy, as an SVG picture."""

from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 470
LEFT, RIGHT, TOP, BOTTOM = 76, 130, 48, 56
# Told apart by people with any kind of colour vision, and by their dashes in print.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "")
LABEL_HEIGHT = 15


def ticks(low, high, about=6):
    """Round numbers from low to high."""
    step = 1
    while (high - low) / step > about:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    first = -(-low // step) * step
    return list(range(first, high + 1, step))


class Picture:
    """The scale of one picture and what is in it."""

    def __init__(self, frames, top):
        self.low, self.high = frames[0], max(frames[-1], frames[0] + 1)
        self.top = max(top, 1)
        self.parts = []

    def x(self, frames):
        return LEFT + (frames - self.low) * (WIDTH - LEFT - RIGHT) / (self.high - self.low)

    def y(self, faults):
        return HEIGHT - BOTTOM - faults * (HEIGHT - TOP - BOTTOM) / self.top

    def text(self, x, y, text, extra=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{escape(str(text))}</text>')

    def line(self, x1, y1, x2, y2, color):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{color}"/>')

    def axes(self, title):
        """Frame, grid, numbers and words."""
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for value in ticks(0, self.top):
            self.line(LEFT, self.y(value), right, self.y(value), "#dddddd")
            self.text(LEFT - 8, self.y(value) + 4, f"{value:,}", 'text-anchor="end"')
        for value in ticks(self.low, self.high, 9):
            self.line(self.x(value), bottom, self.x(value), bottom + 5, "#666666")
            self.text(self.x(value), bottom + 20, value, 'text-anchor="middle"')
        self.line(LEFT, bottom, right, bottom, "#666666")
        self.line(LEFT, TOP, LEFT, bottom, "#666666")
        self.text((LEFT + right) / 2, HEIGHT - 14, "frames", 'text-anchor="middle"')
        self.text(LEFT, TOP - 12, "faults", 'text-anchor="middle"')
        self.text((LEFT + right) / 2, 22, title, 'text-anchor="middle" font-weight="bold"')

    def curve(self, points, number):
        """One policy's line."""
        path = " ".join(f"{self.x(frames):.1f},{self.y(faults):.1f}" for frames, faults in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{COLORS[number]}" '
                          f'stroke-width="2" stroke-dasharray="{DASHES[number]}"/>')

    def legend(self, names, finals):
        """Names at the right ends of their lines, moved apart where they would overlap."""
        order = sorted(range(len(names)), key=lambda number: (finals[number], -number))
        lowest = HEIGHT - BOTTOM + 4
        for number in order:
            y = min(self.y(finals[number]) + 4, lowest)
            lowest = y - LABEL_HEIGHT
            self.line(WIDTH - RIGHT, self.y(finals[number]), WIDTH - RIGHT + 10, y - 4, "#bbbbbb")
            self.parts.append(f'<line x1="{WIDTH - RIGHT + 12}" y1="{y - 4:.1f}" '
                              f'x2="{WIDTH - RIGHT + 36}" y2="{y - 4:.1f}" stroke-width="2" '
                              f'stroke="{COLORS[number]}" stroke-dasharray="{DASHES[number]}"/>')
            self.text(WIDTH - RIGHT + 42, y, names[number])

    def mark(self, frames, faults, text):
        """A point that was measured."""
        x, y = self.x(frames), self.y(faults)
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="none" stroke="#cc0000" '
                          f'stroke-width="2"/>')
        self.text(x + 9, y - 8, text, 'fill="#cc0000" stroke="#ffffff" stroke-width="4" '
                                      'paint-order="stroke"')

    def svg(self):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', *self.parts, "</svg>", ""])


def draw(title, frames, counts, measured=None):
    """counts: policy -> faults for each of frames. measured: (frames, faults, text). => SVG"""
    top = max(max(each) for each in counts.values())
    picture = Picture(frames, max(top, measured[1] if measured else 0))
    picture.axes(title)
    for number, each in enumerate(counts.values()):
        picture.curve(list(zip(frames, each)), number)
    picture.legend(list(counts), [each[-1] for each in counts.values()])
    if measured:
        picture.mark(*measured)
    return picture.svg()

using System.Globalization;
using System.Security;
using System.Text;

namespace Analysis.Plugins.Profiling;

/// <summary>A flame graph as one SVG file: widths are instructions, callers below their callees. A click shows a function's part of it, typing searches.</summary>
/// <param name="top">What is above all threads; summed up.</param>
/// <param name="least">Frames narrower than one in so many of the whole are left out.</param>
internal sealed class FlameGraph(FrameNode top, int least)
{
    private const double Width = 1200;
    private const int Margin = 10;
    private const int RowHeight = 16;
    private const int Header = 40;
    private const double LetterWidth = 6.6;
    private readonly StringBuilder _frames = new();
    private int _depth;

    /// <summary>Writes it.</summary>
    public void Write(Stream stream)
    {
        double scale = (Width - (2 * Margin)) / Math.Max(1, top.Total);
        Measure(top, 0);
        int height = Header + ((_depth + 1) * RowHeight) + Margin;
        Draw("all", top.Total, Margin, 0, scale, height, "#d0d0d0");
        DrawCallees(top, Margin, 1, scale, height);
        string text = string.Create(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="0 0 {Width} {height}" font-family="monospace" font-size="11">
            <rect width="100%" height="100%" fill="#fdfdf6"/>
            <text x="{Width / 2}" y="18" text-anchor="middle" font-size="14">{top.Total:N0} instructions</text>
            <text id="said" x="{Margin}" y="34"> </text>
            <g id="frames">
            {_frames}</g>
            {Script}
            </svg>

            """);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private bool IsDrawn(FrameNode node) => node.Total * (double)least >= top.Total;

    private void Measure(FrameNode node, int depth)
    {
        _depth = Math.Max(_depth, depth);
        foreach (FrameNode callee in node.Callees.Where(IsDrawn))
        {
            Measure(callee, depth + 1);
        }
    }

    private void DrawCallees(FrameNode node, double left, int depth, double scale, int height)
    {
        foreach (FrameNode callee in node.Callees)
        {
            if (IsDrawn(callee))
            {
                Draw(callee.Frame.Text, callee.Total, left, depth, scale, height, ColourOf(callee.Frame, depth));
                DrawCallees(callee, left, depth + 1, scale, height);
            }

            left += callee.Total * scale;
        }
    }

    private void Draw(string name, long total, double left, int depth, double scale, int height, string colour)
    {
        double width = total * scale;
        double y = height - Margin - ((depth + 1) * RowHeight);
        int letters = (int)((width - 4) / LetterWidth);
        string shown = letters < 3 ? string.Empty : name.Length <= letters ? name : name[..(letters - 2)] + "..";
        string share = (100.0 * total / Math.Max(1, top.Total)).ToString("0.00", CultureInfo.InvariantCulture);
        _frames.Append(CultureInfo.InvariantCulture, $"<g><title>{Xml(name)}: {total:N0} instructions, {share} %</title>");
        _frames.Append(CultureInfo.InvariantCulture, $"<rect x=\"{left:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{RowHeight - 1}\" fill=\"{colour}\" rx=\"1\"/>");
        _frames.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + 3:0.##}\" y=\"{y + 11:0.##}\">{Xml(shown)}</text></g>\n");
    }

    // Threads grey, user code yellow to red, the kernel's blue; the same function the same everywhere.
    private static string ColourOf(Frame frame, int depth)
    {
        uint hash = 2166136261;
        foreach (char letter in frame.Function)
        {
            hash = unchecked((hash ^ letter) * 16777619);
        }

        (byte one, byte other) = ((byte)(hash >> 8), (byte)(hash >> 16));
        return depth == 1 ? "#c8c8c8"
            : frame.IsKernel ? $"rgb({90 + (one % 60)},{140 + (other % 60)},{215 + (one % 40)})"
            : $"rgb({215 + (one % 40)},{110 + (other % 110)},{40 + (one % 40)})";
    }

    private static string Xml(string text) => SecurityElement.Escape(string.Concat(text.Where(letter => letter >= ' ')));

    private const string Script = """
        <script><![CDATA[
        const frames = [...document.querySelectorAll('#frames > g')].map(g => {
          const r = g.querySelector('rect'), t = g.querySelector('text');
          return {g, r, t, x: +r.getAttribute('x'), w: +r.getAttribute('width'), y: +r.getAttribute('y'), fill: r.getAttribute('fill'), name: g.querySelector('title').textContent};
        });
        const said = document.getElementById('said'), left = frames[0].x, whole = frames[0].w;
        let sought = '';
        function zoom(to) {
          const scale = whole / to.w;
          for (const f of frames) {
            const isBelow = f.y > to.y && f.x <= to.x + 0.01 && f.x + f.w >= to.x + to.w - 0.01;
            const inside = f.x >= to.x - 0.01 && f.x + f.w <= to.x + to.w + 0.01;
            const x = isBelow ? left : left + (f.x - to.x) * scale, w = isBelow ? whole : f.w * scale;
            f.g.style.display = isBelow || inside ? '' : 'none';
            f.r.setAttribute('x', x); f.r.setAttribute('width', w); f.t.setAttribute('x', x + 3);
            const letters = Math.floor((w - 4) / 6.6), name = f.name.slice(0, f.name.lastIndexOf(': '));
            f.t.textContent = letters < 3 ? '' : name.length <= letters ? name : name.slice(0, letters - 2) + '..';
          }
        }
        function search() {
          let found = 0;
          for (const f of frames) {
            const hit = sought && f.name.slice(0, f.name.lastIndexOf(': ')).includes(sought);
            found += hit ? 1 : 0;
            f.r.setAttribute('fill', hit ? '#e040e0' : f.fill);
          }
          said.textContent = sought ? 'search: ' + sought + ' (' + found + ' frames; Escape ends it)' : ' ';
        }
        for (const f of frames) {
          f.g.addEventListener('click', () => zoom(f));
          f.g.addEventListener('mouseover', () => { if (!sought) said.textContent = f.name; });
        }
        document.addEventListener('keydown', e => {
          sought = e.key === 'Escape' ? '' : e.key === 'Backspace' ? sought.slice(0, -1) : e.key.length === 1 && !e.ctrlKey ? sought + e.key : sought;
          search();
        });
        ]]></script>
        """;
}

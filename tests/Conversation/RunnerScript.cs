using System.Globalization;
using System.Text;

namespace Relay.Tests.Conversation;

/// <summary>A conversation file: comments, lines of either side, directives.</summary>
/// <remarks>
/// <c>C:</c> and <c>S:</c> are lines with CRLF, <c>C&gt;</c> and <c>S&gt;</c> raw bytes with the escapes \r \n \0 \\ \xNN. Where a line
/// is expected, <c>*</c> stands for anything, and <c>250-*</c> for one or more lines of a reply that goes on. Directives before the
/// first line set the scene, later ones act when their turn comes.
/// </remarks>
public sealed class RunnerScript
{
    private RunnerScript(string path, string citation, IReadOnlyList<RunnerStep> head, IReadOnlyList<RunnerStep> steps)
    {
        Path = path;
        Citation = citation;
        Head = head;
        Steps = steps;
    }

    public string Path { get; }

    /// <summary>The first comment line: what the script is about.</summary>
    public string Citation { get; }

    public IReadOnlyList<RunnerStep> Head { get; }

    public IReadOnlyList<RunnerStep> Steps { get; }

    public static RunnerScript Load(string path)
    {
        var lines = File.ReadAllLines(path);
        var head = new List<RunnerStep>();
        var steps = new List<RunnerStep>();
        var begun = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 || lines[i][0] == '#')
            {
                continue;
            }

            var step = Parse(lines[i], i + 1, path);
            if (step is { Kind: RunnerStepKind.Directive, Text: "begin" })
            {
                begun = true;
                continue;
            }

            begun |= step.Kind != RunnerStepKind.Directive;
            (begun ? steps : head).Add(step);
        }

        return new RunnerScript(path, lines.FirstOrDefault() ?? string.Empty, head, steps);
    }

    /// <summary>5m, 30s, 2h.</summary>
    public static TimeSpan ParseDuration(string text)
    {
        var number = int.Parse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => throw new FormatException($"'{text}' is not a duration"),
        };
    }

    /// <summary>Text with the escapes of <c>C&gt;</c> as bytes; other characters as UTF-8.</summary>
    public static byte[] Unescape(string text)
    {
        using var bytes = new MemoryStream();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                var end = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? i + 2 : i + 1;
                bytes.Write(Encoding.UTF8.GetBytes(text[i..end]));
                i = end - 1;
                continue;
            }

            var escape = text[++i];
            if (escape == 'x')
            {
                bytes.WriteByte(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
                continue;
            }

            bytes.WriteByte(escape switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                '0' => 0,
                '\\' => (byte)'\\',
                _ => throw new FormatException($"\\{escape} is not an escape"),
            });
        }

        return bytes.ToArray();
    }

    private static RunnerStep Parse(string line, int number, string path)
    {
        if (line[0] == '@')
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var name = space < 0 ? line[1..] : line[1..space];
            return new RunnerStep(RunnerStepKind.Directive, number, name, [], space < 0 ? string.Empty : line[(space + 1)..]);
        }

        var side = line[0] switch
        {
            'C' => RunnerStepKind.Client,
            'S' => RunnerStepKind.Server,
            _ => throw new FormatException($"{path}:{number}: neither C, S, @ nor #"),
        };
        var text = line.Length > 3 ? line[3..] : string.Empty;
        return line[1] switch
        {
            ':' => new RunnerStep(side, number, text, Encoding.UTF8.GetBytes(text + "\r\n"), string.Empty),
            '>' => new RunnerStep(side, number, text, Unescape(text), string.Empty),
            _ => throw new FormatException($"{path}:{number}: ':' or '>' expected"),
        };
    }
}

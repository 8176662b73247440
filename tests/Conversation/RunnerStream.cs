using System.Text;

namespace Relay.Tests.Conversation;

/// <summary>The player's end of the connection: writes at a pace, reads lines. Every wait ends after some real seconds.</summary>
public sealed class RunnerStream(Stream stream, RunnerPace pace)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    public Stream Stream { get; private set; } = stream;

    /// <summary>True when bytes were read that no line has used.</summary>
    public bool HasBuffered => _start < _end;

    /// <summary>Goes on over TLS.</summary>
    public void Replace(Stream over) => Stream = over;

    public async Task WriteAsync(IReadOnlyList<byte[]> lines)
    {
        foreach (var piece in Cut(lines))
        {
            try
            {
                await Stream.WriteAsync(piece).AsTask().WaitAsync(Patience);
                await Stream.FlushAsync().WaitAsync(Patience);
            }
            catch (IOException)
            {
                // The other side has closed; whether it should have, the next expected line tells.
                return;
            }
        }
    }

    /// <summary>One line without CRLF, or null at the end of the stream.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var line = new List<byte>();
        while (true)
        {
            if (_start == _end && !await FillAsync())
            {
                return line.Count == 0 ? null : throw new InvalidDataException("cut off after: " + Text(line));
            }

            var b = _buffer[_start++];
            line.Add(b);
            if (b == '\n')
            {
                return line.Count >= 2 && line[^2] == '\r'
                    ? Text(line)[..^2]
                    : throw new InvalidDataException("line ended by LF alone: " + Text(line));
            }
        }
    }

    private static string Text(List<byte> line) => Encoding.UTF8.GetString([.. line]);

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = 0;
        _end = await Stream.ReadAsync(_buffer).AsTask().WaitAsync(Patience);
        return _end > 0;
    }

    private IEnumerable<byte[]> Cut(IReadOnlyList<byte[]> lines)
    {
        var all = lines.SelectMany(line => line).ToArray();
        return pace switch
        {
            RunnerPace.Whole => [all],
            RunnerPace.ByByte => all.Select(b => new[] { b }),
            _ => CutAfterLineFeeds(all),
        };
    }

    private static IEnumerable<byte[]> CutAfterLineFeeds(byte[] all)
    {
        var start = 0;
        while (start < all.Length)
        {
            var found = Array.IndexOf(all, (byte)'\n', start);
            var end = found < 0 ? all.Length : found + 1;
            yield return all[start..end];
            start = end;
        }
    }
}

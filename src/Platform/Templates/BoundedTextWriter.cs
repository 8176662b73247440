using System.Text;

namespace Relay.Platform.Templates;

/// <summary>Collects rendered text up to a limit.</summary>
/// <param name="maxBytes">Octets as UTF-8.</param>
internal sealed class BoundedTextWriter(int maxBytes) : TextWriter
{
    private readonly StringBuilder _text = new();
    private int _bytes;

    public override Encoding Encoding => Encoding.UTF8;

    /// <exception cref="OutputTooLargeException">Over the limit.</exception>
    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        _bytes += Encoding.UTF8.GetByteCount(buffer);
        if (_bytes > maxBytes)
        {
            throw new OutputTooLargeException();
        }

        _text.Append(buffer);
    }

    public override string ToString() => _text.ToString();
}

internal sealed class OutputTooLargeException : Exception;

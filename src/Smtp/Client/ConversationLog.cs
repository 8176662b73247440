using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>The steps of a conversation as text: <c>C:</c> and <c>S:</c> lines, secrets redacted, content summarised; bounded.</summary>
/// <remarks>
/// The first half of the room keeps the first steps, the second half the last ones; what falls between is counted.
/// Kept as UTF-8 octets, because most conversations are never looked at. Not thread safe.
/// </remarks>
public sealed class ConversationLog
{
    private const int MaxLineBytes = 512;

    private readonly byte[] _head;
    private readonly byte[] _tail;
    private int _headLength;
    private int _tailLength;
    private int _leftOut;
    private int _greetingLength = -1;

    internal ConversationLog(int maxBytes)
    {
        _head = new byte[maxBytes / 2];
        _tail = new byte[maxBytes - (maxBytes / 2)];
    }

    /// <summary>The log as lines joined by LF.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Encoding.UTF8.GetString(_head, 0, _headLength));
        if (_leftOut > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"({_leftOut} lines left out)\n");
        }

        text.Append(Encoding.UTF8.GetString(_tail, 0, _tailLength));
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>Drops what was logged for earlier transactions, keeping greeting and EHLO, so that each attempt tells its own story.</summary>
    public void BeginTransaction()
    {
        if (_greetingLength < 0)
        {
            _greetingLength = _headLength;
            return;
        }

        _headLength = _greetingLength;
        _tailLength = 0;
        _leftOut = 0;
    }

    /// <summary>A command without its CRLF.</summary>
    internal void AddCommand(ReadOnlySpan<byte> command) => Add("C: "u8, command);

    internal void AddCommand(string command) => Add("C: "u8, Encoding.UTF8.GetBytes(command));

    /// <summary>Something that happened below the protocol, in parentheses.</summary>
    internal void AddNote(string note) => Add("("u8, Encoding.UTF8.GetBytes(note + ")"));

    internal void AddContent(long octets)
    {
        AddCommand(string.Create(CultureInfo.InvariantCulture, $"({octets} octets of content)"));
        AddCommand("."u8);
    }

    internal void AddChunk(long octets, bool isLast) =>
        AddCommand(string.Create(CultureInfo.InvariantCulture, $"BDAT {octets}{(isLast ? " LAST" : string.Empty)}"));

    internal void AddReply(SmtpReply reply)
    {
        Span<byte> line = stackalloc byte[MaxLineBytes * 2];
        for (var i = 0; i < reply.Lines.Count; i++)
        {
            var separator = i == reply.Lines.Count - 1 ? ' ' : '-';
            var text = reply.Lines[i];
            text = text.Length > MaxLineBytes / 2 ? text[..(MaxLineBytes / 2)] : text;
            var fits = reply.Enhanced is { } enhanced
                ? Utf8.TryWrite(line, CultureInfo.InvariantCulture, $"{reply.Code}{separator}{enhanced.Class}.{enhanced.Subject}.{enhanced.Detail} {text}", out var written)
                : Utf8.TryWrite(line, CultureInfo.InvariantCulture, $"{reply.Code}{separator}{text}", out written);
            Add("S: "u8, fits ? line[..written] : default);
        }
    }

    private void Add(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> text)
    {
        text = Shorten(text);
        var needed = mark.Length + text.Length + 1;
        if (_tailLength == 0 && _leftOut == 0 && _headLength + needed <= _head.Length)
        {
            _headLength += Write(_head.AsSpan(_headLength), mark, text);
            return;
        }

        MakeRoom(needed);
        if (needed <= _tail.Length)
        {
            _tailLength += Write(_tail.AsSpan(_tailLength), mark, text);
        }
        else
        {
            _leftOut++;
        }
    }

    private void MakeRoom(int needed)
    {
        var dropped = 0;
        while (_tailLength - dropped > 0 && _tailLength - dropped + needed > _tail.Length)
        {
            dropped += _tail.AsSpan(dropped, _tailLength - dropped).IndexOf((byte)'\n') + 1;
            _leftOut++;
        }

        _tail.AsSpan(dropped, _tailLength - dropped).CopyTo(_tail);
        _tailLength -= dropped;
    }

    private static ReadOnlySpan<byte> Shorten(ReadOnlySpan<byte> text)
    {
        if (text.Length <= MaxLineBytes)
        {
            return text;
        }

        var end = MaxLineBytes;
        while ((text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }

    private static int Write(Span<byte> target, ReadOnlySpan<byte> mark, ReadOnlySpan<byte> text)
    {
        mark.CopyTo(target);
        text.CopyTo(target[mark.Length..]);
        target[mark.Length + text.Length] = (byte)'\n';
        return mark.Length + text.Length + 1;
    }
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Relay.Bench.Load;

/// <summary>One message of the wanted size, final dot included; only its number changes from use to use.</summary>
internal sealed class TestMessage
{
    /// <summary>Sending domains w00.test, w01.test, …; a message's number tells which.</summary>
    public const int Senders = 100;

    private const int Digits = 10;
    private const string ManySenders = "From: Bench <sender@w";
    private const string Line = "Plain text of an ordinary length, as reports and receipts have it, 74 long.";

    private static readonly byte[] Field = Encoding.ASCII.GetBytes("X-Bench-Number: ");

    private readonly int _numberAt;
    private readonly int _senderAt;

    /// <param name="hasManySenders">From is at one of <see cref="Senders"/> domains, else always at example.com.</param>
    public TestMessage(int sizeBytes, bool hasManySenders = false)
    {
        var text = new StringBuilder()
            .Append(hasManySenders ? ManySenders + "00.test>" : "From: Bench <sender@example.com>")
            .Append("\r\nTo: user@example.net\r\nSubject: One of many\r\n")
            .Append("Date: Fri, 02 Jan 2026 03:04:05 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n")
            .Append("Message-ID: <bench@example.com>\r\n")
            .Append(Encoding.ASCII.GetString(Field)).Append('0', Digits).Append("\r\n\r\n");
        while (text.Length + Line.Length + 2 <= sizeBytes)
        {
            text.Append(Line).Append("\r\n");
        }

        text.Append('x', Math.Max(0, sizeBytes - text.Length - 2)).Append("\r\n.\r\n");
        Bytes = Encoding.ASCII.GetBytes(text.ToString());
        _numberAt = Bytes.AsSpan().IndexOf(Field) + Field.Length;
        _senderAt = hasManySenders ? ManySenders.Length : -1;
    }

    public byte[] Bytes { get; }

    public void SetNumber(int number)
    {
        Encoding.ASCII.GetBytes(number.ToString("D10", CultureInfo.InvariantCulture), Bytes.AsSpan(_numberAt, Digits));
        if (_senderAt >= 0)
        {
            Encoding.ASCII.GetBytes((number % Senders).ToString("D2", CultureInfo.InvariantCulture), Bytes.AsSpan(_senderAt, 2));
        }
    }

    /// <summary>The number a message carries, −1 for one that is not ours.</summary>
    public static int FindNumber(ReadOnlySpan<byte> headers)
    {
        var at = headers.IndexOf(Field);
        return at >= 0 && headers.Length >= at + Field.Length + Digits
            && Utf8Parser.TryParse(headers.Slice(at + Field.Length, Digits), out int number, out _) ? number : -1;
    }
}

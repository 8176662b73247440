using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Relay.Bench.Load;

/// <summary>One message of the wanted size, final dot included; only its number changes from use to use.</summary>
internal sealed class TestMessage
{
    private const int Digits = 10;
    private const string Line = "Plain text of an ordinary length, as reports and receipts have it, 74 long.";

    private static readonly byte[] Field = Encoding.ASCII.GetBytes("X-Bench-Number: ");

    private readonly int _numberAt;

    public TestMessage(int sizeBytes)
    {
        var text = new StringBuilder()
            .Append("From: Bench <sender@example.com>\r\nTo: user@example.net\r\nSubject: One of many\r\n")
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
    }

    public byte[] Bytes { get; }

    public void SetNumber(int number) =>
        Encoding.ASCII.GetBytes(number.ToString("D10", CultureInfo.InvariantCulture), Bytes.AsSpan(_numberAt, Digits));

    /// <summary>The number a message carries, −1 for one that is not ours.</summary>
    public static int FindNumber(ReadOnlySpan<byte> headers)
    {
        var at = headers.IndexOf(Field);
        return at >= 0 && headers.Length >= at + Field.Length + Digits
            && Utf8Parser.TryParse(headers.Slice(at + Field.Length, Digits), out int number, out _) ? number : -1;
    }
}

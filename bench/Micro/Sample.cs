using System.Text;

namespace Relay.Bench.Micro;

/// <summary>The same ordinary mail for all benchmarks.</summary>
internal static class Sample
{
    /// <summary>An envelope as clients send it, one command after the other.</summary>
    public static byte[] Commands { get; } = Encoding.ASCII.GetBytes(
        "EHLO client.example.com\r\nMAIL FROM:<sender@example.com> SIZE=4096 BODY=8BITMIME\r\nRCPT TO:<user@example.net>\r\nDATA\r\nRSET\r\n");

    public static byte[] Headers { get; } = Encoding.ASCII.GetBytes(
        "From: App <sender@example.com>\r\nTo: user@example.net\r\nSubject: One of many\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n" +
        "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n");

    /// <summary>Text lines, every 40th beginning with a dot.</summary>
    public static byte[] Body(int sizeBytes)
    {
        var text = new StringBuilder(sizeBytes + 80);
        for (var line = 0; text.Length < sizeBytes; line++)
        {
            text.Append(line % 40 == 39 ? "." : "").Append("Plain text of an ordinary length, as reports and receipts have it.\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>As it travels behind DATA.</summary>
    public static byte[] Dotted(byte[] content) =>
        Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(content).Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n");
}

using System.Text;

namespace Relay.Tests.Integration;

/// <summary>Everything a careless program changes on the way: octets, long lines, dots, white space, blank lines, folded and empty fields.</summary>
internal static class HostileMessage
{
    /// <summary>The message with a subject to find it by; CRLF line ends.</summary>
    public static byte[] Create(string subject, string from)
    {
        var text = string.Join("\r\n",
        [
            $"From: \"A \\\"quoted\\\" name\" <{from}>",
            "To: Some One <someone@example.net>,",
            "\tAnother One\t<another@example.net>,",
            "  third@example.net",
            $"Subject: {subject}",
            " folded  with   spaces\tand tabs  ",
            "Date: Sat, 21 Nov 2026 12:00:00 +0000",
            $"Message-ID: <{subject}@exim.test>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=iso-8859-1",
            "Content-Transfer-Encoding: 8bit",
            "X-Empty:",
            "X-Long: " + new string('x', 900),
            "x-ODD-case:no space before, blanks behind   ",
            "",
            ".one dot",
            "..two dots",
            ".",
            "..",
            "From the start of a line",
            ">From already quoted",
            "caf\u00e9 \u00ff\u0080 octets",
            new string('l', 998),
            "." + new string('m', 997),
            "blanks at the end  \t ",
            "  \t  ",
            "--boundary-like",
            "Received: not a header",
            "",
            "",
            " ",
            "",
            "",
            "",
        ]);
        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>As a mailbox on disk holds it.</summary>
    public static byte[] WithLineFeeds(byte[] content) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(content).Replace("\r\n", "\n", StringComparison.Ordinal));

    /// <summary>As it was on the wire.</summary>
    public static byte[] WithCrlf(byte[] content) => Encoding.Latin1.GetBytes(
        Encoding.Latin1.GetString(content).Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal));
}

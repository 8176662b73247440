using System.Text;
using Relay.Tests.Support;

namespace Relay.Tests.Faults;

/// <summary>Messages that can be told apart where they arrive.</summary>
internal static class Letter
{
    /// <summary>Above the limit up to which content lies in the database: it goes to a spool file.</summary>
    public const int LargeBytes = 300 * 1024;

    private const string IdField = "X-Letter: ";

    // No line begins with a dot, so what is sent needs no stuffing.
    private static readonly byte[] Line = Encoding.ASCII.GetBytes(new string('m', 76) + "\r\n");

    /// <summary>A message of about <paramref name="sizeBytes"/> octets that carries <paramref name="id"/>.</summary>
    public static byte[] Of(string id, int sizeBytes = 1000)
    {
        using var content = new MemoryStream(sizeBytes + 200);
        content.Write(Encoding.ASCII.GetBytes($"{IdField}{id}\r\nFrom: sender@origin.test\r\nSubject: {id}\r\n\r\n"));
        do
        {
            content.Write(Line);
        }
        while (content.Length < sizeBytes);
        return content.ToArray();
    }

    /// <summary>The id of a message that arrived; empty when it carries none.</summary>
    public static string IdOf(SinkMessage message)
    {
        var head = Encoding.ASCII.GetString(message.Content.AsSpan(0, Math.Min(message.Content.Length, 4096)));
        var start = head.IndexOf(IdField, StringComparison.Ordinal);
        return start < 0 ? "" : head[(start + IdField.Length)..head.IndexOf('\r', start)];
    }
}

using System.Text;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>The Date field that the relay prepends. It tells when a message is sent, so it moves with a message that is given another time.</summary>
public static class DateField
{
    private const string Name = "Date: ";

    public static string Make(DateTimeOffset date) => $"{Name}{MailDate.Format(date)}\r\n";

    /// <summary>The prefix with another date; null when it holds no date of ours.</summary>
    public static byte[]? Replace(ReadOnlySpan<byte> prefix, DateTimeOffset date)
    {
        var text = Encoding.UTF8.GetString(prefix);
        var start = text.StartsWith(Name, StringComparison.Ordinal) ? 0 : text.IndexOf("\r\n" + Name, StringComparison.Ordinal) + 2;
        if (start == 1)
        {
            return null;
        }

        var end = text.IndexOf("\r\n", start, StringComparison.Ordinal) + 2;
        return Encoding.UTF8.GetBytes(text[..start] + Make(date) + text[end..]);
    }
}

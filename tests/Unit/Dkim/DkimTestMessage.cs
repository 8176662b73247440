using System.Text;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>A message cut into header block and body, as signer and verifier take it.</summary>
internal sealed record DkimTestMessage(byte[] Headers, byte[] Body)
{
    /// <summary>Splits behind the blank line; LF line ends become CRLF, as SMTP would carry them.</summary>
    public static DkimTestMessage Parse(string text)
    {
        var wire = text.ReplaceLineEndings("\n").Replace("\n", "\r\n", StringComparison.Ordinal);
        var blank = wire.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return blank < 0
            ? new DkimTestMessage(Encoding.Latin1.GetBytes(wire), [])
            : new DkimTestMessage(Encoding.Latin1.GetBytes(wire[..(blank + 2)]), Encoding.Latin1.GetBytes(wire[(blank + 4)..]));
    }

    public static string Read(params IReadOnlyList<string> path) => File.ReadAllText(TestData.Path(path), Encoding.Latin1);

    public DkimTestMessage Prepend(byte[] fields) => this with { Headers = [.. fields, .. Headers] };

    public DkimTestMessage WithHeaders(Func<string, string> change) =>
        this with { Headers = Encoding.Latin1.GetBytes(change(Encoding.Latin1.GetString(Headers))) };

    public DkimTestMessage WithBody(string body) => this with { Body = Encoding.Latin1.GetBytes(body) };
}

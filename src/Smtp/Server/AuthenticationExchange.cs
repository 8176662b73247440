using System.Buffers.Text;
using System.Text;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>One AUTH command on the wire: base64 lines around a <see cref="SaslServer"/> (RFC 4954 §4).</summary>
internal sealed class AuthenticationExchange(string mechanism, SaslServer server)
{
    public string Mechanism => mechanism;

    /// <param name="initialResponse">As in the command; null when absent, <c>=</c> for an empty one.</param>
    public SaslStep Begin(string? initialResponse)
    {
        if (initialResponse is null)
        {
            return server.Begin(null);
        }

        if (initialResponse == "=")
        {
            return server.Begin([]);
        }

        return Decode(Encoding.ASCII.GetBytes(initialResponse)) is { } response ? server.Begin(response) : SaslStep.Malformed.Instance;
    }

    public SaslStep Next(ReadOnlySpan<byte> line) =>
        Decode(line) is { } response ? server.Next(response) : SaslStep.Malformed.Instance;

    /// <summary>Goes on with a secret that a mechanism asked for.</summary>
    public SaslStep Answer(ScramSecret secret) => ((ScramServer)server).Answer(secret);

    public static bool IsCancel(ReadOnlySpan<byte> line) => line.SequenceEqual("*"u8);

    public static SmtpReply Prompt(SaslStep.Challenge challenge) => SmtpReply.Of(334, Convert.ToBase64String(challenge.Data.Span));

    // Strict: the decoder would skip white space, RFC 4954 §4 asks to refuse whatever is not base64.
    private static byte[]? Decode(ReadOnlySpan<byte> base64)
    {
        if (base64.ContainsAny(" \t\r\n"u8) || !Base64.IsValid(base64, out var length))
        {
            return null;
        }

        var decoded = new byte[length];
        return Base64.DecodeFromUtf8(base64, decoded, out _, out var written) == System.Buffers.OperationStatus.Done && written == length
            ? decoded
            : null;
    }
}

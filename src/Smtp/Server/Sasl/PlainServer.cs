namespace Relay.Smtp.Server;

/// <summary>AUTH PLAIN (RFC 4616): <c>[authzid] NUL authcid NUL passwd</c>.</summary>
internal sealed class PlainServer : SaslServer
{
    public const string Name = "PLAIN";

    public override SaslStep Begin(byte[]? initialResponse) =>
        initialResponse is null ? new SaslStep.Challenge(ReadOnlyMemory<byte>.Empty) : Next(initialResponse);

    public override SaslStep Next(byte[] response)
    {
        var message = response.AsSpan();
        var first = message.IndexOf((byte)0);
        var second = first < 0 ? -1 : message[(first + 1)..].IndexOf((byte)0);
        if (second < 0)
        {
            return SaslStep.Malformed.Instance;
        }

        var identity = message[..first];
        var login = message.Slice(first + 1, second);
        var password = message[(first + second + 2)..];

        // Nobody may act for another here: an authorization identity must be absent or the login itself.
        if ((!identity.IsEmpty && !identity.SequenceEqual(login))
            || !TryReadText(login, out var loginText)
            || !TryReadText(password, out var passwordText))
        {
            return SaslStep.Malformed.Instance;
        }

        return new SaslStep.CheckPassword(loginText, passwordText);
    }
}

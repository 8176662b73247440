namespace Relay.Smtp.Server;

/// <summary>AUTH EXTERNAL (RFC 4422 appendix A): the client's certificate has said who it is; the one message may name whom it wants to be.</summary>
internal sealed class ExternalServer : SaslServer
{
    public const string Name = "EXTERNAL";

    public override SaslStep Begin(byte[]? initialResponse) =>
        initialResponse is null ? new SaslStep.Challenge(ReadOnlyMemory<byte>.Empty) : Next(initialResponse);

    public override SaslStep Next(byte[] response)
    {
        if (response.Length == 0)
        {
            return new SaslStep.UseCertificate(string.Empty);
        }

        return TryReadText(response, out var identity) ? new SaslStep.UseCertificate(identity) : SaslStep.Malformed.Instance;
    }
}

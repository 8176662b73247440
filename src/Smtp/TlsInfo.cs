namespace Relay.Smtp;

/// <summary>The TLS layer of a connection, for Received (RFC 8314 §4.3), events and policy.</summary>
/// <param name="Protocol">For example <c>TLS1.3</c>.</param>
/// <param name="CipherSuite">IANA name.</param>
/// <param name="IsVerified">The peer's certificate chained to a trusted root and matched its name.</param>
public sealed record TlsInfo(string Protocol, string CipherSuite, bool IsVerified)
{
    /// <summary>On the server: the hash of its certificate, tls-server-end-point of RFC 5929 §4.1; null on the client.</summary>
    public byte[]? ServerEndPoint { get; init; }

    /// <summary>On the server: the client's certificate; null where none was asked for or shown.</summary>
    public ClientCertificate? Client { get; init; }
}

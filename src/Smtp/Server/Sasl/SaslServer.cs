using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Relay.Smtp.Server;

/// <summary>The server's side of one SASL exchange (RFC 4422 §3): decoded responses in, steps out, no I/O and no user database.</summary>
internal abstract class SaslServer
{
    private const int MaxTextBytes = 1024;

    private static readonly string[] Mechanisms = [ExternalServer.Name, ScramServer.PlusName, ScramServer.Name, PlainServer.Name, LoginServer.Name];

    public static bool IsKnown(string mechanism) => Mechanisms.Contains(mechanism);

    /// <summary>Names as announced, the preferred first.</summary>
    /// <param name="hasBinding">Without TLS there is nothing to bind to.</param>
    /// <param name="isCertified">The client's certificate names a login: for all others EXTERNAL could only fail.</param>
    public static IReadOnlyList<string> Offered(bool hasBinding, bool isCertified) =>
        [.. Mechanisms.Where(name => name switch { ExternalServer.Name => isCertified, ScramServer.PlusName => hasBinding, _ => true })];

    /// <summary>Null for a mechanism that is not offered.</summary>
    /// <param name="mechanism">Upper case.</param>
    /// <param name="binding">See <see cref="TlsInfo.ServerEndPoint"/>.</param>
    /// <param name="isCertified">See <see cref="SmtpSession.IsCertified"/>.</param>
    public static SaslServer? Create(string mechanism, byte[]? binding, bool isCertified) => mechanism switch
    {
        ExternalServer.Name when isCertified => new ExternalServer(),
        ScramServer.PlusName when binding is not null => new ScramServer(binding, isPlus: true, ScramServer.NewNonce()),
        ScramServer.Name => new ScramServer(binding, isPlus: false, ScramServer.NewNonce()),
        PlainServer.Name => new PlainServer(),
        LoginServer.Name => new LoginServer(),
        _ => null,
    };

    /// <summary>Begins the exchange; null where the client sent no initial response.</summary>
    public abstract SaslStep Begin(byte[]? initialResponse);

    public abstract SaslStep Next(byte[] response);

    /// <summary>Text that could be a login or a password: UTF-8, not empty, no NUL, bounded.</summary>
    protected static bool TryReadText(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (bytes.Length is 0 or > MaxTextBytes || bytes.Contains((byte)0) || !Utf8.IsValid(bytes))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(bytes);
        return true;
    }
}

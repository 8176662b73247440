using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Relay.Smtp.Server;

/// <summary>The server's side of one SASL exchange (RFC 4422 §3): decoded responses in, steps out, no I/O and no user database.</summary>
internal abstract class SaslServer
{
    private const int MaxTextBytes = 1024;

    /// <summary>Names as announced, the preferred first.</summary>
    public static IReadOnlyList<string> Mechanisms { get; } = [ScramServer.PlusName, ScramServer.Name, PlainServer.Name, LoginServer.Name];

    /// <summary>Without TLS there is nothing to bind to.</summary>
    public static IReadOnlyList<string> UnboundMechanisms { get; } = [.. Mechanisms.Skip(1)];

    /// <summary>Null for a mechanism that is not offered.</summary>
    /// <param name="mechanism">Upper case.</param>
    /// <param name="binding">See <see cref="TlsInfo.ServerEndPoint"/>.</param>
    public static SaslServer? Create(string mechanism, byte[]? binding) => mechanism switch
    {
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

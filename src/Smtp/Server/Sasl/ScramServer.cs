using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Smtp.Server;

/// <summary>SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the password never crosses the wire, and the server proves itself, too.</summary>
/// <remarks>
/// 1. client-first names login, nonce and channel binding; the login's secret is looked up. 2. server-first gives salt, iterations and the
/// joined nonce. 3. client-final proves the password; where channel binding was asked for, also that both ends see the same TLS.
/// 4. server-final proves that we know the password's key; the client's empty answer ends the exchange.
/// Channel binding is tls-server-end-point (RFC 5929 §4): nothing else can be had of the TLS stack.
/// </remarks>
/// <param name="binding">The hash of our certificate; null without TLS.</param>
/// <param name="isPlus">The mechanism with channel binding was chosen.</param>
/// <param name="nonce">Our part of the nonce: printable, no comma, never used before.</param>
internal sealed class ScramServer(byte[]? binding, bool isPlus, string nonce) : SaslServer
{
    public const string Name = "SCRAM-SHA-256";
    public const string PlusName = "SCRAM-SHA-256-PLUS";

    private const string BindingType = "tls-server-end-point";
    private const int MaxMessageBytes = 4096;
    private const int NonceBytes = 18;

    private string _gs2Header = string.Empty;
    private string _clientFirst = string.Empty;
    private string _serverFirst = string.Empty;
    private string _nonce = string.Empty;
    private ScramSecret? _secret;
    private bool _isProven;

    public string Login { get; private set; } = string.Empty;

    public static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));

    public override SaslStep Begin(byte[]? initialResponse) =>
        initialResponse is null ? new SaslStep.Challenge(ReadOnlyMemory<byte>.Empty) : Next(initialResponse);

    public override SaslStep Next(byte[] response)
    {
        if (_isProven)
        {
            return response.Length == 0 ? new SaslStep.Proven(Login, IsRight: true) : SaslStep.Malformed.Instance;
        }

        if (response.Length is 0 or > MaxMessageBytes || !TryReadUtf8(response, out var message))
        {
            return SaslStep.Malformed.Instance;
        }

        return _secret is null ? ReadClientFirst(message) : ReadClientFinal(message);
    }

    /// <summary>Goes on with the secret of <see cref="Login"/>.</summary>
    public SaslStep Answer(ScramSecret secret)
    {
        _secret = secret;
        _serverFirst = string.Create(CultureInfo.InvariantCulture, $"r={_nonce},s={Convert.ToBase64String(secret.Salt.Span)},i={secret.Iterations}");
        return new SaslStep.Challenge(Encoding.ASCII.GetBytes(_serverFirst));
    }

    // gs2-header client-first-message-bare (RFC 5802 §7)
    private SaslStep ReadClientFirst(string message)
    {
        var parts = message.Split(',');
        if (isPlus && parts[0].StartsWith("p=", StringComparison.Ordinal) && parts[0] != "p=" + BindingType)
        {
            return SaslStep.ForeignBinding.Instance;
        }

        if (parts.Length < 4 || _clientFirst.Length > 0 || !IsBindingRight(parts[0])
            || !TryReadName(parts[2], "n=", out var login) || (parts[1].Length > 0 && parts[1] != "a=" + parts[2][2..])
            || !parts[3].StartsWith("r=", StringComparison.Ordinal) || parts[3].Length < 3 || !IsPrintable(parts[3]))
        {
            return SaslStep.Malformed.Instance;
        }

        _gs2Header = $"{parts[0]},{parts[1]},";
        _clientFirst = message[_gs2Header.Length..];
        _nonce = parts[3][2..] + nonce;
        Login = login;
        return new SaslStep.FindSecret(login);
    }

    // "y" from a client that could bind and did not see that we can: somebody took PLUS out of our list (RFC 5802 §6).
    private bool IsBindingRight(string flag) => flag switch
    {
        "n" => !isPlus,
        "y" => !isPlus && binding is null,
        "p=" + BindingType => isPlus,
        _ => false,
    };

    private SaslStep ReadClientFinal(string message)
    {
        var proofAt = message.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0 || !TryDecode(message[(proofAt + 3)..], out var proof) || proof.Length != SHA256.HashSizeInBytes)
        {
            return SaslStep.Malformed.Instance;
        }

        var withoutProof = message[..proofAt];
        var parts = withoutProof.Split(',');
        if (parts.Length < 2 || parts[1] != "r=" + _nonce || parts[0] != "c=" + Convert.ToBase64String(ExpectedBinding()))
        {
            return new SaslStep.Proven(Login, IsRight: false);
        }

        var authMessage = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{withoutProof}");
        if (!IsProof(proof, authMessage))
        {
            return new SaslStep.Proven(Login, IsRight: false);
        }

        _isProven = true;
        var signature = HMACSHA256.HashData(_secret!.ServerKey.Span, authMessage);
        return new SaslStep.Challenge(Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(signature))) { Proves = Login };
    }

    private byte[] ExpectedBinding() => [.. Encoding.UTF8.GetBytes(_gs2Header), .. isPlus ? binding! : []];

    // ClientKey = proof XOR HMAC(StoredKey, AuthMessage); its hash must be StoredKey (RFC 5802 §3).
    private bool IsProof(byte[] proof, byte[] authMessage)
    {
        var key = HMACSHA256.HashData(_secret!.StoredKey.Span, authMessage);
        for (var i = 0; i < key.Length; i++)
        {
            key[i] ^= proof[i];
        }

        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(key), _secret.StoredKey.Span);
    }

    // saslname: "=2C" for a comma, "=3D" for an equals sign.
    private static bool TryReadName(string part, string prefix, out string name)
    {
        name = string.Empty;
        if (!part.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var text = part[prefix.Length..];
        var plain = text.Replace("=2C", "\0", StringComparison.Ordinal).Replace("=3D", "\u0001", StringComparison.Ordinal);
        if (plain.Contains('=', StringComparison.Ordinal) || text.Any(char.IsControl))
        {
            return false;
        }

        name = plain.Replace('\0', ',').Replace('\u0001', '=');
        return name.Length > 0;
    }

    private static bool IsPrintable(string text) => text.All(c => c is >= '!' and <= '~');

    private static bool TryReadUtf8(byte[] octets, out string text)
    {
        var isValid = System.Text.Unicode.Utf8.IsValid(octets);
        text = isValid ? Encoding.UTF8.GetString(octets) : string.Empty;
        return isValid;
    }

    private static bool TryDecode(string base64, out byte[] octets)
    {
        octets = [];
        if (!Base64.IsValid(base64))
        {
            return false;
        }

        octets = Convert.FromBase64String(base64);
        return true;
    }
}

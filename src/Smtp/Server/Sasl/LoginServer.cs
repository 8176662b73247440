namespace Relay.Smtp.Server;

/// <summary>AUTH LOGIN, never standardised (draft-murchison-sasl-login) and still the first choice of many clients.</summary>
internal sealed class LoginServer : SaslServer
{
    public const string Name = "LOGIN";

    // Old clients compare these texts, so they are what every server sends.
    private static readonly ReadOnlyMemory<byte> UserPrompt = "Username:"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> PasswordPrompt = "Password:"u8.ToArray();

    private string? _login;

    // Some clients send the user name as initial response.
    public override SaslStep Begin(byte[]? initialResponse) =>
        initialResponse is null ? new SaslStep.Challenge(UserPrompt) : Next(initialResponse);

    public override SaslStep Next(byte[] response)
    {
        if (!TryReadText(response, out var text))
        {
            return SaslStep.Malformed.Instance;
        }

        if (_login is not null)
        {
            return new SaslStep.CheckPassword(_login, text);
        }

        _login = text;
        return new SaslStep.Challenge(PasswordPrompt);
    }
}

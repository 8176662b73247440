namespace Relay.Senders;

/// <summary>The values are stored.</summary>
public enum CredentialKind
{
    SmtpLogin = 0,
    ApiKey = 1,
    AdminToken = 2,
}

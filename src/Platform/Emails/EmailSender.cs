namespace Relay.Platform.Emails;

/// <summary>On whose behalf a message is composed.</summary>
/// <param name="CredentialId">Null when it is not one client's request, as in a campaign.</param>
/// <param name="ClientAddress">For operators; null likewise.</param>
internal readonly record struct EmailSender(long AccountId, long? CredentialId, string? ClientAddress)
{
    public static implicit operator EmailSender(ApiCaller caller) => new(caller.AccountId, caller.Credential.Id, caller.ClientAddress);
}

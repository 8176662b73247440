using Relay.Senders;

namespace Relay.Admin;

/// <param name="Stream">transactional or broadcast; null says nothing.</param>
internal sealed record DefaultsRequest(string? Stream, IReadOnlyList<string>? Tags)
{
    public MailDefaults ToDefaults() => new() { Stream = Stream, Tags = Tags ?? [] };

    public static DefaultsRequest Of(MailDefaults defaults) => new(defaults.Stream, defaults.Tags);
}

/// <param name="Password">Null: one is made.</param>
/// <param name="Senders">Domains and addresses the login may send as; empty means any.</param>
/// <param name="Networks">CIDR networks it may be used from; empty means any.</param>
internal sealed record UserRequest(string? Name, string? Password, IReadOnlyList<string>? Senders, IReadOnlyList<string>? Networks);

/// <param name="Certificate">64 hex digits, colons allowed; or a subject such as <c>CN=printer-7, O=Example</c>.</param>
internal sealed record CertificateRequest(string? Certificate);

internal sealed record PasswordRequest(string? Password);

/// <param name="Scope">full, send or read.</param>
/// <param name="Account">Default: the default account.</param>
/// <param name="Domains">Domains and addresses the key may send as; empty means any.</param>
/// <param name="Networks">CIDR networks it may be used from; empty means any.</param>
internal sealed record KeyRequest(
    string? Name, string? Scope, string? Account, IReadOnlyList<string>? Domains, IReadOnlyList<string>? Networks, DateTimeOffset? ExpiresAt);

/// <param name="Password">Only when it was made here.</param>
internal sealed record UserCreated(string Name, string? Password);

internal sealed record KeyCreated(string Name, string Scope, string Key);

internal sealed record TokenRotated(string TokenFile);

internal sealed record CredentialAnswer(
    string Name,
    string Scopes,
    IReadOnlyList<string> Senders,
    IReadOnlyList<string> Networks,
    IReadOnlyList<string> Certificates,
    LimitsRequest Limits,
    DefaultsRequest Defaults,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt)
{
    public static CredentialAnswer Of(Credential credential) => new(
        credential.Name,
        credential.Scopes,
        credential.AllowedSenders,
        credential.AllowedNetworks,
        credential.Certificates,
        LimitsRequest.Of(credential.Limits),
        DefaultsRequest.Of(credential.Defaults),
        credential.CreatedAt,
        credential.ExpiresAt,
        credential.RevokedAt,
        credential.LastUsedAt);
}

/// <param name="Hint">The first characters of the key.</param>
internal sealed record KeyAnswer(
    long Id,
    string Name,
    string Account,
    string? Hint,
    string Scopes,
    IReadOnlyList<string> Senders,
    IReadOnlyList<string> Networks,
    LimitsRequest Limits,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt)
{
    public static KeyAnswer Of(Credential key, string account) => new(
        key.Id,
        key.Name,
        account,
        key.Hint,
        key.Scopes,
        key.AllowedSenders,
        key.AllowedNetworks,
        LimitsRequest.Of(key.Limits),
        key.CreatedAt,
        key.ExpiresAt,
        key.RevokedAt,
        key.LastUsedAt);
}

namespace Relay.Senders;

/// <summary>Who acts: the name and address that go into the audit trail.</summary>
/// <param name="Name">Credential name, or <c>cli</c> / <c>system</c>.</param>
/// <param name="From">Client address; null for local acts.</param>
public sealed record AuditActor(string Name, string? From = null)
{
    public static AuditActor Cli { get; } = new("cli");

    public static AuditActor System { get; } = new("system");
}

using Relay.Senders;

namespace Relay.Admin;

/// <summary>The configuration in force: seen, compared, checked, read again, rolled back.</summary>
public interface IConfigurationControl
{
    /// <summary>Path of the file; null for the built-in defaults.</summary>
    string? File { get; }

    /// <summary>Changes whenever another configuration comes into force.</summary>
    string Version { get; }

    /// <summary>Why the last reload changed nothing; null when it was taken, or there was none.</summary>
    string? Refusal { get; }

    /// <summary>What the file on disk, or the given text in its place, would change. Nothing is applied.</summary>
    /// <param name="candidate">Null: the file.</param>
    /// <param name="name">What faults of the candidate are told by.</param>
    ConfigurationCheck Check(string? candidate, string? name);

    /// <summary>Reads the file and applies what can change while the server runs; the rest is told.</summary>
    Task<ConfigurationCheck> ReloadAsync(AuditActor actor, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    IReadOnlyList<ConfigurationRevision> History();

    /// <summary>What an earlier revision differs in from what is in force; null when there is no such revision.</summary>
    ConfigurationCheck? Compare(int revision);

    /// <summary>Writes an earlier revision into the file and reloads; null when there is no such revision.</summary>
    /// <exception cref="IOException">The file cannot be written by this user.</exception>
    Task<ConfigurationCheck?> RollBackAsync(int revision, AuditActor actor, CancellationToken cancellationToken);
}

/// <param name="Faults">With any, nothing is or would be applied.</param>
/// <param name="Changes">Against what is in force; secrets are never shown and so never listed.</param>
public sealed record ConfigurationCheck(bool Valid, IReadOnlyList<string> Faults, IReadOnlyList<string> Warnings, IReadOnlyList<SettingChange> Changes);

/// <param name="From">Null: it was not set.</param>
/// <param name="To">Null: it is not set any more.</param>
/// <param name="NeedsRestart">False: it takes effect at once.</param>
public sealed record SettingChange(string Key, string? From, string? To, bool NeedsRestart);

/// <param name="Actor">Who brought it into force.</param>
public sealed record ConfigurationRevision(int Number, DateTimeOffset At, string Actor, string Version);

using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Tells how a message would go, without sending one.</summary>
public interface IRouteExplainer
{
    ValueTask<RouteExplanation> ExplainAsync(RouteQuestion question, CancellationToken cancellationToken);
}

/// <param name="Sender">Null: a null reverse-path.</param>
/// <param name="User">Name of a credential; null: no login.</param>
public sealed record RouteQuestion(
    Mailbox Recipient, Mailbox? Sender, string? User, IReadOnlyList<string> Tags, long AccountId = 1, MailStream Stream = MailStream.Transactional)
{
    /// <summary>The key that was decided when the mail was accepted; null: the rules are asked now.</summary>
    public string? QueueKey { get; init; }
}

/// <summary>The decision with everything that led to it.</summary>
public sealed record RouteExplanation
{
    public required string QueueKey { get; init; }

    /// <summary>Rules up to the one that applies, in their order.</summary>
    public required IReadOnlyList<RuleExplanation> Rules { get; init; }

    public required RouteKind Kind { get; init; }

    /// <summary>What decided, as in <c>MX of example.com</c>.</summary>
    public required string Decision { get; init; }

    /// <summary>Why there is no way to go, with its status code; null when there is one.</summary>
    public string? Failure { get; init; }

    public string? FailureStatus { get; init; }

    public required string Site { get; init; }

    /// <summary>All hosts considered, by preference.</summary>
    public required IReadOnlyList<HostExplanation> Hosts { get; init; }

    /// <summary>One order in which addresses would be dialled now; equal preference is drawn anew each time.</summary>
    public required IReadOnlyList<string> DialOrder { get; init; }

    /// <summary>Pool of sources; null when nothing is dialled.</summary>
    public string? Pool { get; init; }

    public required IReadOnlyList<SourceExplanation> Sources { get; init; }

    /// <summary>Limits in force with the setting that says so.</summary>
    public required IReadOnlyList<LimitExplanation> Limits { get; init; }

    /// <summary>What the presets say of the site and where their figures come from; null for sites they do not know.</summary>
    public PresetExplanation? Preset { get; init; }

    /// <summary>For example <c>required, certificate verified</c>; null when nothing is dialled.</summary>
    public string? Tls { get; init; }

    public string? TlsOrigin { get; init; }

    /// <summary>Name to log in with; never a secret.</summary>
    public string? Login { get; init; }

    /// <summary>What decides after <see cref="FallbackAfter"/> failed attempts; null: nothing does.</summary>
    public string? Fallback { get; init; }

    public int? FallbackAfter { get; init; }
}

/// <param name="Mismatch">The first condition that does not hold; null for the rule that applies.</param>
public sealed record RuleExplanation(string Name, string? Mismatch);

/// <param name="Problem">Why the host is left out; null when it is not.</param>
public sealed record HostExplanation(string Name, int Preference, int? Weight, int? Port, string? Problem, IReadOnlyList<AddressExplanation> Addresses);

/// <param name="Refusal">Why the address is not dialled; null when it is.</param>
public sealed record AddressExplanation(string Address, string? Refusal);

/// <param name="State">ready, or why the source rests.</param>
public sealed record SourceExplanation(string Name, IReadOnlyList<string> Addresses, string Ehlo, int Weight, string State);

/// <param name="Source">Where the figures come from, or that none are published; null when the presets do not say.</param>
/// <param name="Checked">When that was last looked at.</param>
public sealed record PresetExplanation(string Name, string? Title, string? Source, string? Checked);

public sealed record LimitExplanation(string Name, string Value, string Origin);

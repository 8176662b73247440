using System.Globalization;
using Relay.Queue;

namespace Relay.Delivery;

public enum BrakeScope
{
    Account = 0,
    Stream = 1,
    Credential = 2,
}

/// <summary>Who is watched: an account, one of its streams, one of its credentials.</summary>
/// <param name="Name">The account's number, <c>broadcast</c> or <c>transactional</c>, the credential's number.</param>
public readonly record struct BrakeParty(long AccountId, BrakeScope Scope, string Name)
{
    /// <summary>All whose mail this is; narrowest first.</summary>
    public static IEnumerable<BrakeParty> Of(QueuedMessage message)
    {
        if (message.CredentialId is { } credential)
        {
            yield return new BrakeParty(message.AccountId, BrakeScope.Credential, credential.ToString(CultureInfo.InvariantCulture));
        }

        yield return new BrakeParty(message.AccountId, BrakeScope.Stream, message.Stream.ToString().ToLowerInvariant());
        yield return new BrakeParty(message.AccountId, BrakeScope.Account, message.AccountId.ToString(CultureInfo.InvariantCulture));
    }

    public override string ToString() => Scope == BrakeScope.Account ? $"account {Name}" : $"{Scope.ToString().ToLowerInvariant()} {Name} of account {AccountId}";
}

/// <summary>Mail of a party is kept back until an operator lets it go.</summary>
/// <param name="Rule">One of <see cref="Rules"/>.</param>
/// <param name="Reason">What was counted, a clause in ASCII.</param>
public sealed record Brake(long Id, BrakeParty Party, string Rule, string Reason, DateTimeOffset Since)
{
    /// <summary>Class of the events and holds.</summary>
    public const string Class = "brake";

    public static readonly IReadOnlyList<string> Rules = ["bounces", "complaints", "unknown-users", "volume", "new-networks"];

    /// <summary>Begins the reason of everything that this brake holds, so that it is found again.</summary>
    public string Mark => $"brake {Id}:";

    public string Text => $"{Mark} {Party}, {Reason}; 'relay brake release {Id}' lets it go";
}

/// <summary>What is counted and who is braked, over restarts. Thread safe.</summary>
public interface IBrakeStore
{
    /// <summary>The last event counted; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    ValueTask<BrakeState> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Stores counts, forgets those of <paramref name="gone"/>, adds new brakes and moves the cursor, in one transaction.</summary>
    ValueTask SaveAsync(IReadOnlyDictionary<BrakeParty, string> counts, IReadOnlyList<BrakeParty> gone, IReadOnlyList<Brake> brakes, long? cursor, CancellationToken cancellationToken);

    /// <summary>Deletes a brake, and stores what its party is counted from now on.</summary>
    ValueTask RemoveAsync(long id, BrakeParty party, string counts, CancellationToken cancellationToken);
}

/// <param name="Counts">As <see cref="IBrakeStore.SaveAsync"/> was given them.</param>
/// <param name="LastId">The highest id ever given.</param>
public sealed record BrakeState(IReadOnlyDictionary<BrakeParty, string> Counts, IReadOnlyList<Brake> Brakes, long LastId);

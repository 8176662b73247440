using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>What a check means for a domain: statuses, signing keys, and when to look again. Pure.</summary>
/// <remarks>
/// 1. Each record: found is SUCCESS; another value is FAILED; absent is PENDING for 72 hours and FAILED then; no answer is
/// TEMPORARY_FAILURE; a key that is not there to be published is FAILED. 2. The domain is proved by ownership and RSA key together. 3. One that was
/// proved stays so until its records were certainly gone in three checks over three days; no answer never counts, nor does a key that the operator
/// retired: its mail goes unsigned, but it is still its owner's. 4. Its keys sign from when their
/// records were seen: a signature without record helps nobody.
/// </remarks>
public static class DomainJudgement
{
    public const int FailuresToTakeBack = 3;
    public static readonly TimeSpan PatienceForRecords = TimeSpan.FromHours(72);
    public static readonly TimeSpan PatienceForProved = TimeSpan.FromDays(3);

    private static readonly TimeSpan EarlyAge = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LastAge = TimeSpan.FromDays(30);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan QuarterDay = TimeSpan.FromHours(6);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <param name="isHeldElsewhere">Another account holds the name as proved.</param>
    public static (DomainEntry Entry, KeyStates Keys) Apply(DomainEntry entry, DomainFindings found, bool isHeldElsewhere, DateTimeOffset now)
    {
        var records = Statuses(entry, found, now);
        var required = new[] { found.Ownership, found.Rsa };
        var isProof = required.All(finding => finding.Finding == Finding.Found) && !isHeldElsewhere;
        var isUnbroken = required.All(finding => finding.Finding is Finding.Found or Finding.NoKey) && !isHeldElsewhere;
        var isCertain = required.Any(finding => finding.Finding is Finding.Absent or Finding.Other);
        var judged = entry.IsTrusted ? Trusted(entry)
            : entry.Domain.IsVerified ? Proved(entry, isUnbroken, isCertain, now)
            : NotProved(entry, records, isProof, isHeldElsewhere);
        judged = judged with
        {
            Records = records,
            VerificationError = isHeldElsewhere && !judged.Domain.IsVerified ? HeldElsewhere(entry) : isProof ? null : Reason(entry.IsTrusted ? KeylessOf(required) : required),
            CheckedAt = now,
        };
        judged = judged with { NextCheckAt = NextCheck(judged, required, now) };
        var trackingHost = records.Tracking == DomainStatus.Success ? DomainRecords.TrackingHost(entry.Domain.Name) : null;
        var isChanged = judged.Domain.Status != entry.Domain.Status || judged.Records != entry.Records;
        judged = judged with
        {
            Domain = judged.Domain with { TrackingHost = trackingHost, UpdatedAt = isChanged ? now : entry.Domain.UpdatedAt },
        };
        return (judged, Keys(judged, found));
    }

    public static string HeldElsewhere(DomainEntry entry) =>
        $"another account of this server holds {entry.Domain.Name} as proved; it loses the domain when its own records are gone for three days";

    private static DomainEntry Trusted(DomainEntry entry) => With(entry, DomainStatus.Success);

    private static DomainEntry Proved(DomainEntry entry, bool isUnbroken, bool isCertain, DateTimeOffset now)
    {
        if (isUnbroken)
        {
            return entry with { FailingSince = null, Failures = 0 };
        }

        if (!isCertain)
        {
            return entry;
        }

        var failing = entry with { FailingSince = entry.FailingSince ?? now, Failures = entry.Failures + 1 };
        return failing.Failures >= FailuresToTakeBack && now - failing.FailingSince >= PatienceForProved
            ? With(failing, DomainStatus.Failed)
            : failing;
    }

    private static DomainEntry NotProved(DomainEntry entry, RecordStatuses records, bool isProof, bool isHeldElsewhere)
    {
        if (isProof)
        {
            return With(entry, DomainStatus.Success) with { FailingSince = null, Failures = 0 };
        }

        DomainStatus[] required = [records.Ownership, records.Rsa];
        return With(
            entry,
            isHeldElsewhere || required.Contains(DomainStatus.Failed) ? DomainStatus.Failed
            : required.Contains(DomainStatus.TemporaryFailure) ? DomainStatus.TemporaryFailure
            : DomainStatus.Pending);
    }

    private static DomainEntry With(DomainEntry entry, DomainStatus status) => entry with { Domain = entry.Domain with { Status = status } };

    private static RecordStatuses Statuses(DomainEntry entry, DomainFindings found, DateTimeOffset now)
    {
        var absent = now - entry.Domain.CreatedAt < PatienceForRecords ? DomainStatus.Pending : DomainStatus.Failed;
        return new RecordStatuses(
            Of(found.Ownership), Of(found.Rsa), Of(found.Ed25519), Of(found.ReturnPath), Of(found.Spf), Of(found.Dmarc), Of(found.Tracking));

        DomainStatus Of(RecordFinding? finding) => finding?.Finding switch
        {
            null => DomainStatus.NotStarted,
            Finding.Found => DomainStatus.Success,
            Finding.Other or Finding.NoKey => DomainStatus.Failed,
            Finding.Unknown => DomainStatus.TemporaryFailure,
            _ => absent,
        };
    }

    // Of a domain that needs no proof only this is worth telling: its mail goes unsigned whatever is published.
    private static RecordFinding[] KeylessOf(RecordFinding[] required) => [.. required.Where(finding => finding.Finding == Finding.NoKey)];

    private static string? Reason(RecordFinding[] required)
    {
        var reasons = required.Where(finding => finding.Finding != Finding.Found).Select(finding => finding.Detail).ToArray();
        return reasons.Length == 0 ? null : string.Join("; ", reasons);
    }

    /// <summary>Every minute at first, then ever more rarely; a domain nobody proved in 30 days is looked at only when somebody asks.</summary>
    private static DateTimeOffset? NextCheck(DomainEntry entry, RecordFinding[] required, DateTimeOffset now)
    {
        if (entry.Domain.IsVerified)
        {
            var isUnknown = required.Any(finding => finding.Finding == Finding.Unknown);
            return now + (entry.FailingSince is not null ? QuarterDay : isUnknown ? Hour : Day);
        }

        var age = now - (entry.FailingSince ?? entry.Domain.CreatedAt);
        return age >= LastAge ? null
            : age >= PatienceForRecords ? now + QuarterDay
            : age < EarlyAge ? now + Shortest
            : now + TimeSpan.FromTicks(Math.Min(age.Ticks / 10, Hour.Ticks));
    }

    private static KeyStates Keys(DomainEntry entry, DomainFindings found)
    {
        if (!entry.Domain.IsVerified)
        {
            return new KeyStates(DkimKeyState.Pending, DkimKeyState.Pending);
        }

        // Certainly gone is no reason to stop at once where the domain itself has days of grace.
        return new KeyStates(Of(found.Rsa), Of(found.Ed25519));

        static DkimKeyState? Of(RecordFinding finding) => finding.Finding == Finding.Found ? DkimKeyState.Active : null;
    }
}

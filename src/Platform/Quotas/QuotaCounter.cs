namespace Relay.Platform.Quotas;

/// <summary>What one subject has sent in the hour, the day and the last seconds. Hours and days are those of the clock in UTC. Not thread safe.</summary>
/// <param name="stored">Where counting goes on; null when nothing was.</param>
internal sealed class QuotaCounter(QuotaSubject subject, long accountId, EmailCount? stored)
{
    public const long HourSeconds = 3600;
    public const long DaySeconds = 86_400;

    private readonly EmailCount _start = stored ?? new EmailCount(subject, accountId, 0, 0, 0, 0);
    private long _hour = stored?.Hour ?? 0;
    private long _day = stored?.Day ?? 0;

    public long HourEmails { get; private set; } = stored?.HourCount ?? 0;

    public long DayEmails { get; private set; } = stored?.DayCount ?? 0;

    public long HourRecipients { get; private set; } = stored?.HourRecipients ?? 0;

    public long DayRecipients { get; private set; } = stored?.DayRecipients ?? 0;

    /// <summary>Sent at this time and not yet made up for by the rate (see <see cref="QuotaRules"/>).</summary>
    public QuotaDebt EmailDebt { get; set; }

    public QuotaDebt RecipientDebt { get; set; }

    public DateTimeOffset UsedAt { get; private set; }

    public bool IsChanged { get; set; }

    /// <summary>It is being written just now.</summary>
    public bool WasTaken { get; private set; }

    public void MoveTo(DateTimeOffset now)
    {
        UsedAt = now;
        var seconds = now.ToUnixTimeSeconds();

        // A clock set back must not forgive what was counted.
        if (seconds / HourSeconds is var hour && hour > _hour)
        {
            (_hour, HourEmails, HourRecipients) = (hour, 0, 0);
        }

        if (seconds / DaySeconds is var day && day > _day)
        {
            (_day, DayEmails, DayRecipients) = (day, 0, 0);
        }
    }

    public void Add(QuotaAmount amount)
    {
        HourEmails = Math.Max(0, HourEmails + amount.Emails);
        DayEmails = Math.Max(0, DayEmails + amount.Emails);
        HourRecipients = Math.Max(0, HourRecipients + amount.Recipients);
        DayRecipients = Math.Max(0, DayRecipients + amount.Recipients);
        EmailDebt = EmailDebt.Plus(amount.Emails);
        RecipientDebt = RecipientDebt.Plus(amount.Recipients);
        IsChanged = true;
    }

    public bool TakeChanged()
    {
        WasTaken = IsChanged;
        IsChanged = false;
        return WasTaken;
    }

    public EmailCount ToCount() => _start with
    {
        Hour = _hour,
        HourCount = HourEmails,
        HourRecipients = HourRecipients,
        Day = _day,
        DayCount = DayEmails,
        DayRecipients = DayRecipients,
    };
}

/// <summary>A bucket that leaks at a rate: what was put in and has not run out.</summary>
internal readonly record struct QuotaDebt(double Amount, DateTimeOffset At)
{
    public QuotaDebt Leaked(int perSecond, DateTimeOffset now) =>
        new(now > At ? Math.Max(0, Amount - ((now - At).TotalSeconds * perSecond)) : Amount, now > At ? now : At);

    public QuotaDebt Plus(int amount) => this with { Amount = Math.Max(0, Amount + amount) };
}

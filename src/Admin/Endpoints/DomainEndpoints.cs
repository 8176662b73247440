using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>The domains of all accounts. A domain is named with its account, for two accounts may claim one.</summary>
internal sealed class DomainEndpoints
{
    private const string LocalRegion = "local";

    private readonly DomainService _domains;
    private readonly DomainChecks _checks;
    private readonly AccountService _accounts;
    private readonly PlatformOptions _options;
    private readonly IDomainChecker _checker;
    private readonly IRecordAdvisor _advisor;

    public DomainEndpoints(
        DomainService domains, DomainChecks checks, AccountService accounts, PlatformOptions options, IDomainChecker checker, IRecordAdvisor advisor)
    {
        _checker = checker;
        _advisor = advisor;
        _domains = domains;
        _checks = checks;
        _accounts = accounts;
        _options = options;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/domains", ListAsync).WithSummary("Domains, of one account or all")
            .Produces<Page<DomainAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/domains", AddAsync).WithSummary("Create a domain; trusted ones are proved by the operator's word")
            .Produces<DomainAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPost("/domains/{name}/verify", VerifyAsync).WithSummary("Check a domain's DNS records and answer with what was found")
            .Produces<DomainAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapGet("/domains/{name}/check", CheckAsync).WithSummary("What large receivers would say of mail from a domain: DKIM, SPF, DMARC, reverse names; and what is good to have besides: MX, TLS-RPT, MTA-STS, BIMI; looked up now")
            .Produces<ComplianceAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapPut("/domains/{name}/limits", LimitAsync).WithSummary("Set how many e-mails and recipients a domain may send; null and 0 are without limit")
            .Produces<DomainAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapDelete("/domains/{name}", RemoveAsync).WithSummary("Delete a domain; its keys retire, mail already accepted still goes")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> ListAsync(string? account, [AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        if (page.Refusal is { } refusal)
        {
            return refusal;
        }

        var owner = account is null ? null : await _accounts.FindByNameAsync(account, cancellationToken);
        if (account is not null && owner is null)
        {
            return Problems.NotFound($"there is no account {account}");
        }

        var entries = await _domains.PageAsync(owner?.Id, page.From, page.Size, cancellationToken);
        var names = await AccountNames.ReadAsync(_accounts, entries.Select(entry => entry.Domain.AccountId), cancellationToken);
        return page.Answer(entries, entry => entry.Domain.Id, entry => Answer(entry, names[entry.Domain.AccountId]));
    }

    private async Task<IResult> AddAsync(DomainRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (await _accounts.FindByNameAsync(request.Account ?? Account.Default.Name, cancellationToken) is not { } account)
        {
            return Problems.NotFound($"there is no account {request.Account}");
        }

        if (!DomainRules.TryParseName(request.Name ?? "", out var name, out var problem))
        {
            return Problems.BadRequest($"name: {problem}");
        }

        try
        {
            var draft = new DomainDraft(account.Id, name, LocalRegion, request.Trusted ?? false);
            return TypedResults.Ok(Answer(await _domains.CreateAsync(draft, AdminActor.Audit(context), cancellationToken), account.Name));
        }
        catch (DuplicateEntryException taken)
        {
            return Problems.Conflict(taken.Message);
        }
        catch (DomainLimitException full)
        {
            return Problems.BadRequest(full.Message);
        }
    }

    private async Task<IResult> VerifyAsync(string name, string? account, CancellationToken cancellationToken)
    {
        var (entry, owner) = await FindAsync(name, account, cancellationToken);
        return entry is not null && await _checks.CheckAsync(entry.Domain.Id, cancellationToken) is { } found
            ? TypedResults.Ok(Answer(found, owner))
            : NotThere(name, owner);
    }

    /// <param name="name">Of From; it need not be one of the account's.</param>
    /// <param name="envelope">Domain of the envelope sender; without it that of From.</param>
    private async Task<IResult> CheckAsync(string name, string? account, string? envelope, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(name, out var domain) || (envelope is not null && !DomainName.TryParse(envelope, out _)))
        {
            return Problems.BadRequest($"'{(envelope is null ? name : envelope)}' is not a domain name");
        }

        if (await _accounts.FindByNameAsync(account ?? Account.Default.Name, cancellationToken) is not { } owner)
        {
            return Problems.NotFound($"there is no account {account}");
        }

        var question = new DomainQuestion(owner.Id, domain, envelope is null ? domain : DomainName.Parse(envelope));
        var known = await _domains.FindAsync(owner.Id, domain, cancellationToken);
        var advice = _advisor.LookAsync(domain, known?.Advice ?? [], cancellationToken).AsTask();
        var facts = await _checker.CheckAsync(question, isFresh: true, cancellationToken);
        return TypedResults.Ok(ComplianceAnswer.Of(facts, await advice));
    }

    private async Task<IResult> LimitAsync(string name, string? account, LimitsRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        var (entry, owner) = await FindAsync(name, account, cancellationToken);
        if (entry is null)
        {
            return NotThere(name, owner);
        }

        if (request.RequestsPerSecond is not null)
        {
            return Problems.BadRequest("requestsPerSecond: requests are not counted by domain");
        }

        try
        {
            return await _domains.LimitAsync(entry, request.ToLimits(), AdminActor.Audit(context), cancellationToken) is { } changed
                ? TypedResults.Ok(Answer(changed, owner))
                : NotThere(name, owner);
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
    }

    private async Task<IResult> RemoveAsync(string name, string? account, HttpContext context, CancellationToken cancellationToken)
    {
        var (entry, owner) = await FindAsync(name, account, cancellationToken);
        return entry is not null && await _domains.RemoveAsync(entry, AdminActor.Audit(context), cancellationToken)
            ? TypedResults.NoContent()
            : NotThere(name, owner);
    }

    private async ValueTask<(DomainEntry? Entry, string Owner)> FindAsync(string name, string? account, CancellationToken cancellationToken)
    {
        var owner = account ?? Account.Default.Name;
        return await _accounts.FindByNameAsync(owner, cancellationToken) is { } found && DomainRules.TryParseName(name, out var domain, out _)
            ? (await _domains.FindAsync(found.Id, domain, cancellationToken), owner)
            : (null, owner);
    }

    private static ProblemHttpResult NotThere(string name, string owner) => Problems.NotFound($"account {owner} has no domain {name}");

    private DomainAnswer Answer(DomainEntry entry, string account) => new(
        entry.Domain.Id,
        entry.Domain.Name.Ascii,
        account,
        Words.Of(entry.Domain.Status),
        entry.IsTrusted,
        entry.VerificationError,
        entry.CheckedAt,
        entry.NextCheckAt,
        entry.Domain.CreatedAt,
        LimitsRequest.Of(entry.Domain.Limits),
        [
            .. DomainRecords.Of(entry, _options.Hostname)
                .Concat(DomainRecords.Tracking(entry, _options) is { } tracking ? [tracking] : [])
                .Select(record => new DomainRecordAnswer(record.Type, record.Name, record.Value, record.Priority, Words.Of(record.State), record.Recommended, record.Found)),
        ],
        [.. entry.Advice.Select(AdviceAnswer.Of)]);
}

/// <param name="Findings">Rules that are broken; none: all is well, as far as it is known.</param>
/// <param name="Unknown">What DNS did not answer.</param>
/// <param name="Good">What was found in order.</param>
/// <param name="Advice">What is good to have besides; no mail waits for it.</param>
internal sealed record ComplianceAnswer(
    string Domain,
    string Envelope,
    DateTimeOffset At,
    IReadOnlyList<RuleFault> Findings,
    IReadOnlyList<string> Unknown,
    IReadOnlyList<string> Good,
    IReadOnlyList<AdviceAnswer> Advice)
{
    public static ComplianceAnswer Of(DomainFacts facts, IReadOnlyList<RecordAdvice> advice) => new(
        facts.From.Ascii,
        facts.Envelope.Ascii,
        facts.At,
        [.. facts.Findings.Select(RuleFault.Of).Select(fault => fault with { Remedy = fault.Remedy.Replace("DOMAIN", facts.From.Ascii, StringComparison.Ordinal) })],
        facts.Unknown,
        facts.Good,
        [.. advice.Select(AdviceAnswer.Of)]);
}

/// <summary>One thing that is good to have in DNS beyond what a domain needs to send.</summary>
/// <param name="Check">mx, tls-rpt, mta-sts or bimi.</param>
/// <param name="State">ok, missing, wrong or unknown.</param>
/// <param name="Found">What is there now.</param>
/// <param name="Remedy">What to do; null when nothing is.</param>
/// <param name="Records">To publish; empty when what is there is in order.</param>
/// <param name="File">To publish with the records.</param>
/// <param name="DriftSince">Since when it is not as it was when it was in order.</param>
internal sealed record AdviceAnswer(
    string Check,
    string State,
    string Found,
    string? Remedy,
    IReadOnlyList<RecordToPublish> Records,
    FileToPublish? File,
    DateTimeOffset LookedAt,
    DateTimeOffset? GoodAt,
    DateTimeOffset? DriftSince)
{
    public static AdviceAnswer Of(RecordAdvice advice) => new(
        advice.Check, Words.Of(advice.State), advice.Found, advice.Remedy, advice.Records, advice.File, advice.LookedAt, advice.GoodAt, advice.DriftSince);
}

/// <param name="Account">Default: the default account.</param>
/// <param name="Trusted">Proved by the operator's word, DNS is not asked.</param>
internal sealed record DomainRequest(string? Name, string? Account, bool? Trusted);

/// <param name="Found">What is there now, where that is not the value; null: the value is there, or nobody looked.</param>
internal sealed record DomainRecordAnswer(string Type, string Name, string Value, string? Priority, string Status, bool Recommended, string? Found);

internal sealed record DomainAnswer(
    long Id,
    string Name,
    string Account,
    string Status,
    bool Trusted,
    string? Problem,
    DateTimeOffset? CheckedAt,
    DateTimeOffset? NextCheckAt,
    DateTimeOffset CreatedAt,
    LimitsRequest Limits,
    IReadOnlyList<DomainRecordAnswer> Records,
    IReadOnlyList<AdviceAnswer> Advice);

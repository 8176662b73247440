using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Platform.Emails;
using Relay.Senders;

namespace Relay.Platform.Campaigns;

/// <summary>Routes below <c>/campaigns</c>.</summary>
internal sealed class CampaignEndpoints(CampaignService campaigns, CampaignTrials trials, CampaignPaces paces, TimeProvider time)
{
    private const string Json = "application/json";
    private const int MaxBodyBytes = 4 * 1024 * 1024;

    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/campaigns").WithTags("Campaigns");
        group.MapGet("/", ListAsync).Needs(ApiScope.Read).WithSummary("Campaigns, newest first, 30 a page, by status and search").Produces<CampaignListAnswer>();
        group.MapPost("/", CreateAsync).Needs(ApiScope.Full)
            .WithSummary("Create a campaign; with sendNow or scheduledAt it is sent or scheduled").Accepts<CampaignDocument>(Json).Produces<CampaignAnswer>();
        group.MapGet("/{campaignId}", ShowAsync).Needs(ApiScope.Read)
            .WithSummary("One campaign with its counts and what holds it back").Produces<CampaignAnswer>();
        group.MapPatch("/{campaignId}", ChangeAsync).Needs(ApiScope.Full)
            .WithSummary("Change a campaign that has not begun").Accepts<CampaignDocument>(Json).Produces<CampaignAnswer>();
        group.MapDelete("/{campaignId}", RemoveAsync).Needs(ApiScope.Full)
            .WithSummary("Delete a campaign that is not under way").Produces<CampaignAnswer>();
        group.MapPost("/{campaignId}/schedule", ScheduleAsync).Needs(ApiScope.Full)
            .WithSummary("Send it at a time, or now").Accepts<CampaignScheduleDocument>(Json).Produces<CampaignMovedAnswer>();
        group.MapPost("/{campaignId}/pause", PauseAsync).Needs(ApiScope.Full)
            .WithSummary("Stop for a while; what waits in the queue is held").Produces<CampaignMovedAnswer>();
        group.MapPost("/{campaignId}/resume", ResumeAsync).Needs(ApiScope.Full)
            .WithSummary("Go on where it was paused").Produces<CampaignMovedAnswer>();
        group.MapPost("/{campaignId}/cancel", CancelAsync).Needs(ApiScope.Full)
            .WithSummary("Stop for good; what waits in the queue is cancelled").Produces<CampaignMovedAnswer>();
        group.MapPost("/{campaignId}/test", TestAsync).Needs(ApiScope.Full)
            .WithSummary("Send one contact's copy to yourself").Accepts<CampaignTestDocument>(Json).Produces<EmailBatchAnswer>();
        group.MapGet("/{campaignId}/preview", PreviewAsync).Needs(ApiScope.Read)
            .WithSummary("What one contact would see; contact is an id or address").Produces<CampaignPreview>();
        group.MapGet("/{campaignId}/merge-errors", MergeErrorsAsync).Needs(ApiScope.Read)
            .WithSummary("Contacts whose copy would have empty places").Produces<MergeReport>();
    }

    private async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var faults = new FieldFaults();
        var page = EmailQuery.Number(query, faults, "page", 1, EmailLimits.MaxPage);
        var search = EmailQuery.Single(query, faults, "search");
        var statusText = EmailQuery.Single(query, faults, "status");
        var status = string.IsNullOrEmpty(statusText) ? null : CampaignStatuses.Parse(statusText);
        if (!string.IsNullOrEmpty(statusText) && status is null)
        {
            faults.Add("status", "must be DRAFT, SCHEDULED, IN_PROGRESS, PAUSED, COMPLETED or CANCELLED");
        }

        if (search is { Length: > CampaignLimits.MaxSearchLength })
        {
            faults.Add("search", string.Create(CultureInfo.InvariantCulture, $"may have {CampaignLimits.MaxSearchLength} characters at most"));
        }

        if (faults.First is { } fault)
        {
            return fault;
        }

        var found = await campaigns.ListAsync(
            new CampaignFilter(ApiCaller.Of(context).AccountId) { Page = page, Status = status, Search = string.IsNullOrEmpty(search) ? null : search },
            cancellationToken);
        var pages = (int)((found.Count + CampaignLimits.PageSize - 1) / CampaignLimits.PageSize);
        return ApiJson.Answer(new CampaignListAnswer([.. found.Campaigns.Select(CampaignEntry.Of)], pages));
    }

    private Task<IResult> CreateAsync(HttpContext context, CancellationToken cancellationToken) => ReadAsync(context, async (request, faults) =>
        Result(await campaigns.CreateAsync(ApiCaller.Of(context), request, faults, cancellationToken), Answer));

    private Task<IResult> ChangeAsync(string campaignId, HttpContext context) => ReadAsync(context, (request, faults) =>
        WithAsync(campaignId, context, async campaign =>
            Result(await campaigns.ChangeAsync(ApiCaller.Of(context), campaign, request, faults, context.RequestAborted), Answer)));

    private Task<IResult> ScheduleAsync(string campaignId, HttpContext context) => ReadAsync(context, (request, faults) =>
        WithAsync(campaignId, context, async campaign =>
            Result(await campaigns.ScheduleAsync(ApiCaller.Of(context), campaign, request, faults, context.RequestAborted), Moved)));

    private Task<IResult> ShowAsync(string campaignId, HttpContext context) => WithAsync(campaignId, context, campaign => Task.FromResult(Answer(campaign)));

    private Task<IResult> RemoveAsync(string campaignId, HttpContext context) => MoveAsync(campaignId, context, campaigns.RemoveAsync, Answer);

    private Task<IResult> PauseAsync(string campaignId, HttpContext context) => MoveAsync(campaignId, context, campaigns.PauseAsync, Moved);

    private Task<IResult> ResumeAsync(string campaignId, HttpContext context) => MoveAsync(campaignId, context, campaigns.ResumeAsync, Moved);

    private Task<IResult> CancelAsync(string campaignId, HttpContext context) => MoveAsync(campaignId, context, campaigns.CancelAsync, Moved);

    private Task<IResult> MoveAsync(
        string campaignId,
        HttpContext context,
        Func<ApiCaller, Campaign, CancellationToken, ValueTask<ApiResult<Campaign>>> move,
        Func<Campaign, IResult> answer) =>
        WithAsync(campaignId, context, async campaign => Result(await move(ApiCaller.Of(context), campaign, context.RequestAborted), answer));

    private async Task<IResult> TestAsync(string campaignId, HttpContext context)
    {
        var faults = new FieldFaults();
        IReadOnlyList<NamedMailbox> to = [];
        string? contact = null;
        await JsonBody.ReadAsync(context, faults, (ref Utf8JsonReader reader, string name) =>
        {
            switch (name)
            {
                case "to":
                    to = AddressReader.OneOrMany(ref reader, faults, name, CampaignLimits.MaxTests)?.Mailboxes ?? [];
                    break;
                case "contact":
                    contact = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxAddressLength);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        });
        if (to.Count == 0)
        {
            faults.Add("to", "is missing; name at least one recipient");
        }

        return faults.First ?? await WithAsync(campaignId, context, async campaign =>
        {
            var sent = await trials.SendAsync(ApiCaller.Of(context), campaign, to, contact, context.RequestAborted);
            return sent.Failed(out var refusal, out var ids) ? refusal : ApiJson.Answer(new EmailBatchAnswer([.. ids.Select(id => new EmailIdAnswer(id.ToString()))]));
        });
    }

    private Task<IResult> PreviewAsync(string campaignId, HttpContext context) => WithAsync(campaignId, context, async campaign =>
    {
        var contact = context.Request.Query["contact"] is [{ Length: > 0 } given] ? given : null;
        return Result(await trials.PreviewAsync(campaign, contact, context.RequestAborted), preview => ApiJson.Answer(preview));
    });

    private Task<IResult> MergeErrorsAsync(string campaignId, HttpContext context) => WithAsync(campaignId, context, async campaign =>
        Result(await trials.CheckAsync(campaign, context.RequestAborted), report => ApiJson.Answer(report)));

    private static async Task<IResult> ReadAsync(HttpContext context, Func<CampaignRequest, FieldFaults, Task<IResult>> act)
    {
        var faults = new FieldFaults();
        return (await JsonBody.ReadAsync(context, MaxBodyBytes, faults, CampaignReader.Read)).Failed(out var fault, out var request) ? fault : await act(request, faults);
    }

    private async Task<IResult> WithAsync(string campaignId, HttpContext context, Func<Campaign, Task<IResult>> act)
    {
        var caller = ApiCaller.Of(context);
        if (await campaigns.FindAsync(caller.AccountId, campaignId, context.RequestAborted) is not { } campaign)
        {
            return CampaignService.Unknown();
        }

        // A key for some senders may look at all campaigns of its account, and act on those it could have made.
        return HttpMethods.IsGet(context.Request.Method) || (NamedMailbox.TryParse(campaign.From, out var from) && SenderPolicy.AllowsSender(caller.Credential, from.Mailbox))
            ? await act(campaign)
            : ApiFault.Forbidden("this API key may not act for the sender of this campaign");
    }

    private static IResult Result<T>(ApiResult<T> result, Func<T, IResult> answer)
        where T : class => result.Failed(out var fault, out var value) ? fault : answer(value);

    private IResult Answer(Campaign campaign) => ApiJson.Answer(CampaignAnswer.Of(campaign, paces, time.GetUtcNow()));

    private static IResult Moved(Campaign campaign) => ApiJson.Answer(new CampaignMovedAnswer(true));
}

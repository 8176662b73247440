using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Webhooks;

/// <summary><c>/webhooks</c>: where applications want to be told what happens.</summary>
internal sealed class WebhookEndpoints
{
    private const long MaxBodyBytes = 1024 * 1024;

    private readonly WebhookService _service;
    private readonly WebhookFieldsParser _parser;
    private readonly WebhookTester _tester;

    public WebhookEndpoints(WebhookService service, WebhookFieldsParser parser, WebhookTester tester)
    {
        _service = service;
        _parser = parser;
        _tester = tester;
    }

    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/webhooks").WithTags("Webhooks");
        group.MapGet("/event-types", () => TypedResults.Ok(Types())).Needs(ApiScope.Read)
            .WithSummary("Which types of events there are").Produces<WebhookTypesAnswer>();
        group.MapGet("/", ListAsync).Needs(ApiScope.Read).WithSummary("Webhooks of the account").Produces<WebhookListAnswer>();
        group.MapPost("/", CreateAsync).Needs(ApiScope.Full)
            .WithSummary("Add a webhook; the answer shows its secret, and no other does").Produces<WebhookAnswer>();
        group.MapGet("/{id}", ShowAsync).Needs(ApiScope.Read).WithSummary("One webhook").Produces<WebhookAnswer>();
        group.MapPatch("/{id}", ChangeAsync).Needs(ApiScope.Full).WithSummary("Change what is given of a webhook").Produces<WebhookAnswer>();
        group.MapDelete("/{id}", RemoveAsync).Needs(ApiScope.Full).WithSummary("Delete a webhook and its log").Produces<WebhookRemovedAnswer>();
        group.MapPost("/{id}/test", TestAsync).Needs(ApiScope.Full)
            .WithSummary("Call it once, now, and tell how it went").Produces<WebhookDeliveryDetails>();
        group.MapPost("/{id}/resume", ResumeAsync).Needs(ApiScope.Full)
            .WithSummary("Switch it on and send what has waited").Produces<WebhookAnswer>();
        group.MapPost("/{id}/rotate-secret", RotateSecretAsync).Needs(ApiScope.Full)
            .WithSummary("New secret; the old one signs beside it for 24 hours").Produces<WebhookAnswer>();
        new WebhookDeliveryEndpoints(_service).Map(group.MapGroup("/{id}"));
    }

    private static WebhookTypesAnswer Types() => new([.. WebhookTypes.All.Select(type => new WebhookTypeAnswer(type.Type, type.Meaning))]);

    private async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var webhooks = await _service.ListAsync(ApiCaller.Of(context).AccountId, cancellationToken);
        return TypedResults.Ok(new WebhookListAnswer(webhooks, webhooks.Count));
    }

    private async Task<IResult> CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if ((await ReadAsync(context)).Failed(out var fault, out var fields))
        {
            return fault;
        }

        var (answer, refusal) = await _service.CreateAsync(ApiCaller.Of(context), fields, cancellationToken);
        return answer is null ? refusal! : TypedResults.Ok(answer);
    }

    private Task<IResult> ShowAsync(string id, HttpContext context, CancellationToken cancellationToken) =>
        WithAsync(id, context, webhook => ValueTask.FromResult<IResult>(TypedResults.Ok(_service.Answer(webhook))), cancellationToken);

    private Task<IResult> ChangeAsync(string id, HttpContext context, CancellationToken cancellationToken) => WithAsync(
        id,
        context,
        async webhook =>
        {
            if ((await ReadAsync(context)).Failed(out var fault, out var fields))
            {
                return fault;
            }

            var (answer, refusal) = await _service.ChangeAsync(ApiCaller.Of(context), webhook, fields, cancellationToken);
            return answer is null ? refusal! : TypedResults.Ok(answer);
        },
        cancellationToken);

    private Task<IResult> RemoveAsync(string id, HttpContext context, CancellationToken cancellationToken) => WithAsync(
        id,
        context,
        async webhook =>
        {
            await _service.RemoveAsync(ApiCaller.Of(context), webhook, cancellationToken);
            return TypedResults.Ok(new WebhookRemovedAnswer(PublicId.Text(webhook.Uid), true));
        },
        cancellationToken);

    private Task<IResult> TestAsync(string id, HttpContext context, CancellationToken cancellationToken) => WithAsync(
        id,
        context,
        async webhook => await _tester.TestAsync(webhook, cancellationToken) is { } delivery
            ? TypedResults.Ok(WebhookDeliveryDetails.Of(delivery))
            : ApiFault.RateLimited("too many tests are running", TimeSpan.FromSeconds(15)),
        cancellationToken);

    private Task<IResult> ResumeAsync(string id, HttpContext context, CancellationToken cancellationToken) => WithAsync(
        id, context, async webhook => Answer(await _service.ResumeAsync(ApiCaller.Of(context), webhook, cancellationToken)), cancellationToken);

    private Task<IResult> RotateSecretAsync(string id, HttpContext context, CancellationToken cancellationToken) => WithAsync(
        id, context, async webhook => Answer(await _service.RotateSecretAsync(ApiCaller.Of(context), webhook, cancellationToken)), cancellationToken);

    private static IResult Answer(WebhookAnswer? answer) => answer is null ? WebhookService.Unknown() : TypedResults.Ok(answer);

    private async Task<IResult> WithAsync(string id, HttpContext context, Func<Webhook, ValueTask<IResult>> act, CancellationToken cancellationToken)
    {
        var webhook = await _service.FindAsync(ApiCaller.Of(context).AccountId, id, cancellationToken);
        return webhook is null ? WebhookService.Unknown() : await act(webhook);
    }

    private ValueTask<ApiResult<WebhookFields>> ReadAsync(HttpContext context) => JsonBody.ReadAsync<WebhookFields>(context, MaxBodyBytes, _parser.Read);
}

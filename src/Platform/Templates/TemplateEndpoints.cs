using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Templates;

/// <summary><c>/templates</c>: content by name, in versions, and a look at what it renders to.</summary>
internal sealed class TemplateEndpoints(ITemplateStore store, TemplateService service, ITemplateRenderer renderer)
{
    private const int DefaultPage = 50;
    private const int LongestPage = 100;
    private const int LastPage = 100_000;

    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/templates");
        group.WithTags("Templates").AddEndpointFilter(TellBadFieldsAsync);
        group.MapPost("/", CreateAsync).Needs(ApiScope.Full).WithSummary("Create a template").Produces<TemplateAnswer>();
        group.MapGet("/", ListAsync).Needs(ApiScope.Read).WithSummary("Templates, newest first").Produces<TemplateListAnswer>();
        group.MapPost("/preview", PreviewUnsavedAsync).Needs(ApiScope.Read).WithSummary("Render content that is not stored").Produces<PreviewAnswer>();
        group.MapGet("/{id}", ShowAsync).Needs(ApiScope.Read).WithSummary("One template").Produces<TemplateAnswer>();
        group.MapPatch("/{id}", UpdateAsync).Needs(ApiScope.Full).WithSummary("Change a template: makes a new version").Produces<TemplateAnswer>();
        group.MapDelete("/{id}", RemoveAsync).Needs(ApiScope.Full).WithSummary("Delete a template with its versions").Produces<RemovedAnswer>();
        group.MapPost("/{id}/preview", PreviewAsync).Needs(ApiScope.Read).WithSummary("Render a template").Produces<PreviewAnswer>();
        group.MapGet("/{id}/versions", VersionsAsync).Needs(ApiScope.Read).WithSummary("Versions that are kept, newest first").Produces<TemplateVersionsAnswer>();
        group.MapGet("/{id}/versions/{version}", VersionAsync).Needs(ApiScope.Read).WithSummary("One version").Produces<TemplateAnswer>();
        group.MapPost("/{id}/versions/{version}/restore", RestoreAsync).Needs(ApiScope.Full)
            .WithSummary("Make an earlier version's content the newest version").Produces<TemplateAnswer>();
    }

    private static async ValueTask<object?> TellBadFieldsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (BadFieldException bad)
        {
            return bad.Fault;
        }
    }

    private async Task<IResult> CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await TemplateRequest.ReadAsync(context);
        return Results.Ok(TemplateAnswer.Of(await service.CreateAsync(AccountOf(context), request, cancellationToken)));
    }

    private async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var page = Number(context.Request, "page", 1, LastPage);
        var limit = Number(context.Request, "limit", DefaultPage, LongestPage);
        var found = await store.ListAsync(AccountOf(context), (page - 1) * limit, limit, cancellationToken);
        return Results.Ok(new TemplateListAnswer([.. found.Templates.Select(TemplateListEntry.Of)], found.Total));
    }

    private async Task<IResult> ShowAsync(string id, HttpContext context, CancellationToken cancellationToken) =>
        Uid(id) is { } uid && await store.FindAsync(AccountOf(context), uid, cancellationToken) is { } template
            ? Results.Ok(TemplateAnswer.Of(template))
            : Unknown(id);

    private async Task<IResult> UpdateAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var request = await TemplateRequest.ReadAsync(context);
        return Uid(id) is { } uid && await service.UpdateAsync(AccountOf(context), uid, request, cancellationToken) is { } template
            ? Results.Ok(TemplateAnswer.Of(template))
            : Unknown(id);
    }

    private async Task<IResult> RemoveAsync(string id, HttpContext context, CancellationToken cancellationToken) =>
        Uid(id) is { } uid && await store.RemoveAsync(AccountOf(context), uid, cancellationToken)
            ? Results.Ok(new RemovedAnswer(id, true))
            : Unknown(id);

    private async Task<IResult> PreviewAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var request = IsWithoutBody(context) ? TemplateRequest.Empty : await TemplateRequest.ReadAsync(context);
        return Rendered(await renderer.RenderAsync(AccountOf(context), id, request.Values(), cancellationToken), id);
    }

    private async Task<IResult> PreviewUnsavedAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await TemplateRequest.ReadAsync(context);
        return Rendered(await service.PreviewAsync(request, cancellationToken), string.Empty);
    }

    private async Task<IResult> VersionsAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var versions = Uid(id) is { } uid ? await store.VersionsAsync(AccountOf(context), uid, cancellationToken) : [];
        return versions.Count == 0 ? Unknown(id) : Results.Ok(new TemplateVersionsAnswer([.. versions.Select(TemplateVersionEntry.Of)]));
    }

    private async Task<IResult> VersionAsync(string id, string version, HttpContext context, CancellationToken cancellationToken) =>
        Uid(id) is { } uid && VersionNumber(version) is { } number
        && await store.FindVersionAsync(AccountOf(context), uid, number, cancellationToken) is { } template
            ? Results.Ok(TemplateAnswer.Of(template))
            : UnknownVersion(id, version);

    private async Task<IResult> RestoreAsync(string id, string version, HttpContext context, CancellationToken cancellationToken) =>
        Uid(id) is { } uid && VersionNumber(version) is { } number
        && await service.RestoreAsync(AccountOf(context), uid, number, cancellationToken) is { } template
            ? Results.Ok(TemplateAnswer.Of(template))
            : UnknownVersion(id, version);

    private static bool IsWithoutBody(HttpContext context) =>
        context.Request.ContentLength == 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    private static long AccountOf(HttpContext context) => ApiCaller.Of(context).AccountId;

    private static Guid? Uid(string id) => Guid.TryParseExact(id, "D", out var uid) ? uid : null;

    private static int? VersionNumber(string version) =>
        int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IResult Rendered(RenderResult result, string id) => result.Fault switch
    {
        null => Results.Ok(new PreviewAnswer(result.Subject, result.Html, result.Text)),
        { Kind: RenderFaultKind.NotFound } => Unknown(id),
        { Message: var message } => ApiFault.Unprocessable(message),
    };

    private static int Number(HttpRequest request, string parameter, int absent, int largest)
    {
        if (request.Query[parameter] is not [{ Length: > 0 } text, ..])
        {
            return absent;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= largest
            ? number
            : throw new BadFieldException(ApiFault.BadField(parameter, string.Create(CultureInfo.InvariantCulture, $"must be a number from 1 to {largest}")));
    }

    private static ApiFault Unknown(string id) => ApiFault.NotFound($"there is no template {id}");

    private static ApiFault UnknownVersion(string id, string version) => ApiFault.NotFound($"there is no version {version} of template {id}");
}

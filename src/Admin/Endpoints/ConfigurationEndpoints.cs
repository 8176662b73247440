using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Relay.Admin;

/// <summary>The configuration: in force, as a candidate, earlier ones. Its text is never handed out, because it may hold secrets.</summary>
internal sealed class ConfigurationEndpoints(IConfigurationControl control, IServerStatus server)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/configuration", Show).WithSummary("Settings in force with their origin, secrets left out; the ETag names the configuration")
            .Produces<ConfigurationAnswer>().Produces(StatusCodes.Status304NotModified);
        group.MapPost("/configuration/check", Check).WithSummary("What the file on disk, or a candidate text, would change; nothing is applied")
            .Produces<ConfigurationCheck>().RequiresRole(AdminRole.Admin);
        group.MapPost("/configuration/reload", ReloadAsync).WithSummary("Read the file and apply what can change while the server runs; If-Match guards against a change meanwhile")
            .Produces<ConfigurationCheck>().ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).RequiresRole(AdminRole.Admin);
        group.MapGet("/configuration/history", ([AsParameters] PageQuery page) => page.Cut(control.History()))
            .WithSummary("Configurations that were in force, newest first").Produces<Page<ConfigurationRevision>>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/configuration/history/{number}", Compare).WithSummary("What an earlier configuration differs in from the one in force")
            .Produces<ConfigurationCheck>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/configuration/history/{number}/restore", RollBackAsync).WithSummary("Write an earlier configuration into the file and reload")
            .Produces<ConfigurationCheck>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity).RequiresRole(AdminRole.Admin);
    }

    private string Tag => $"\"{control.Version}\"";

    private IResult Show(HttpContext context)
    {
        context.Response.Headers.ETag = Tag;
        return context.Request.Headers.IfNoneMatch.ToString() == Tag
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new ConfigurationAnswer(control.File, control.Version, server.Settings));
    }

    private Ok<ConfigurationCheck> Check(CandidateRequest request) => TypedResults.Ok(control.Check(request.Text, request.Name));

    private async Task<IResult> ReloadAsync(HttpContext context, CancellationToken cancellationToken) =>
        Refuse(context) ?? Answer(await control.ReloadAsync(AdminActor.Audit(context), cancellationToken), context);

    private IResult Compare(int number) => control.Compare(number) is { } found ? TypedResults.Ok(found) : Unknown(number);

    private async Task<IResult> RollBackAsync(int number, HttpContext context, CancellationToken cancellationToken)
    {
        if (Refuse(context) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return await control.RollBackAsync(number, AdminActor.Audit(context), cancellationToken) is { } result ? Answer(result, context) : Unknown(number);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return Problems.Conflict($"{control.File} cannot be written by the server's user: {trouble.Message}");
        }
    }

    private ProblemHttpResult? Refuse(HttpContext context)
    {
        if (!server.IsServing)
        {
            return Problems.Conflict("no server runs that could take another configuration; it is read at the start");
        }

        var expected = context.Request.Headers.IfMatch.ToString();
        return expected.Length == 0 || expected == "*" || expected == Tag
            ? null
            : TypedResults.Problem("another configuration is in force than the one in If-Match", statusCode: StatusCodes.Status412PreconditionFailed, title: "Changed meanwhile");
    }

    private IResult Answer(ConfigurationCheck result, HttpContext context)
    {
        if (!result.Valid)
        {
            return TypedResults.Problem(
                string.Join('\n', result.Faults), statusCode: StatusCodes.Status422UnprocessableEntity, title: "The configuration has faults; the one in force stays");
        }

        context.Response.Headers.ETag = Tag;
        return TypedResults.Ok(result);
    }

    private static ProblemHttpResult Unknown(int number) => Problems.NotFound($"there is no configuration number {number}");
}

/// <param name="Text">TOML; null takes the file on disk.</param>
/// <param name="Name">What faults of the text are told by, such as its file name; without it <c>candidate</c>.</param>
internal sealed record CandidateRequest(string? Text, string? Name = null);

internal sealed record ConfigurationAnswer(string? File, string Version, IReadOnlyList<SettingStatus> Settings);

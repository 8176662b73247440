using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Relay.Platform;

/// <summary>The API's description of itself: an OpenAPI document, and a page that shows it to people. Both need no key.</summary>
internal static class ApiDocument
{
    private const string Name = "api";
    private const string Scheme = "apiKey";

    // The page is one file without anything from elsewhere; its script and style are its own.
    private const string PagePolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'";

    public static void Add(IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.ShouldInclude = description => HttpDoors.DoorOf(description.ActionDescriptor.EndpointMetadata) == HttpDoor.Api;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Relay e-mail API";
            document.Info.Version = "1";
            document.Info.Description =
                "Send e-mails, follow them, prove domains, be told by webhooks. Every request carries an API key as bearer token. "
                + "Refusals are {\"error\": {\"code\", \"message\"}}; a message about a field begins with the field's name.";
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key, made by 'relay key create'." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            return Task.CompletedTask;
        });
    });

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapOpenApi("/{documentName}/openapi.json").AtDoor(HttpDoor.Api).WithMetadata(new OpenToAllMetadata());
        app.MapGet("/api/docs", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            return TypedResults.Content(Page.Value, "text/html; charset=utf-8");
        }).AtDoor(HttpDoor.Api).WithMetadata(new OpenToAllMetadata()).ExcludeFromDescription();
    }

    private static readonly Lazy<string> Page = new(() =>
    {
        using var reader = new StreamReader(typeof(ApiDocument).Assembly.GetManifestResourceStream("Relay.Platform.Docs.reference.html")!);
        return reader.ReadToEnd();
    });
}

import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { PricingService, UnknownArticle } from './pricing.service.js';

@Controller('quotes')
export class PricingController {
  constructor(private readonly pricing: PricingService) {}

  /** Such as `GET /quotes/apple,pear`: the answer is computed in Python. */
  @Get(':articles')
  async quote(@Param('articles') articles: string): Promise<{ readonly total: string }> {
    try {
      return { total: await this.pricing.quote(articles.split(',')) };
    } catch (error) {
      if (error instanceof UnknownArticle) throw new NotFoundException(`There is no price of "${error.message}"`);
      throw error;
    }
  }
}
